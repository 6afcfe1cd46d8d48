@cancel @behaviour-7
Feature: Stopping a running command
  I can cancel any command, or disconnect in the middle of it. It ends at once, nothing
  is deleted on the server, and the next run does the rest.

  Rule: Nothing is lost or duplicated, wherever a command is stopped

    Scenario Outline: I <stop> while connecting, at the <part>
      Given the mailbox holds "Lunch" and "Invoice"
      And the server falls silent at the <part>
      And I begin to copy all messages, then disconnecting
      When I <stop>
      Then what I began fails with "cancelled", error -3
      And the progress of what I began stays at "<step>" (<number>)
      And the account is offline
      And the server heard no goodbye
      And the server holds "Lunch" and "Invoice"
      When I copy all messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch" and "Invoice"

      Examples:
        | stop       | part          | step       | number |
        | cancel     | connection    | connecting | 3      |
        | disconnect | connection    | connecting | 3      |
        | cancel     | abilities     | connecting | 3      |
        | disconnect | user name     | connecting | 3      |
        | cancel     | password      | connecting | 3      |
        | disconnect | password      | connecting | 3      |
        | cancel     | message count | refreshing | 0      |
        | disconnect | message list  | refreshing | 0      |
        | cancel     | message names | refreshing | 0      |

    Scenario Outline: I <stop> while I <command>
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch" and "Invoice"
      And the server falls silent <where>
      And I begin to <command>
      When I <stop>
      Then what I began fails with "cancelled", error -3
      And the progress of what I began stays at "<step>" (<number>)
      And the account is offline
      And the server heard no goodbye
      And the server holds "Lunch" and "Invoice"
      When I connect
      And I <command>
      And I disconnect
      Then it succeeds
      And the Inbox shows <inbox>
      And the server holds <left>

      Examples:
        | stop       | command                            | where                       | step       | number | inbox                 | left                  |
        | cancel     | copy all messages, while connected | in the middle of "Lunch"    | copying    | 1      | "Lunch" and "Invoice" | "Lunch" and "Invoice" |
        | disconnect | copy all messages, while connected | in the middle of "Invoice"  | copying    | 1      | "Lunch" and "Invoice" | "Lunch" and "Invoice" |
        | cancel     | move all messages, while connected | in the middle of "Invoice"  | moving     | 8      | "Lunch" and "Invoice" | nothing               |
        | disconnect | move all messages, while connected | in the deletion of "Lunch"  | moving     | 8      | "Lunch" and "Invoice" | nothing               |
        | cancel     | move all messages, while connected | in the deletion of "Invoice" | moving    | 8      | "Lunch" and "Invoice" | nothing               |
        | cancel     | populate all messages              | in the middle of "Invoice"  | populating | 15     | nothing               | "Lunch" and "Invoice" |
        | disconnect | populate all messages              | in the middle of "Lunch"    | populating | 15     | nothing               | "Lunch" and "Invoice" |

    Scenario: I disconnect in the middle of deletions
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch" and "Invoice"
      And the server falls silent in the deletion of "Invoice"
      And I begin to delete selected messages
      When I disconnect
      Then what I began fails with "cancelled", error -3
      And the server holds "Lunch" and "Invoice"
      When I connect
      Then the mailbox shows "Lunch" and "Invoice"

  Rule: Operations that waited still wait

    Background:
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I disconnect
      And I select "Invoice" and "Photos"
      And I move selected messages, offline
      And I select "Lunch"
      And I delete selected messages

    Scenario Outline: I <stop> while a session begins with a waiting operation
      Given the server falls silent in the middle of "Photos"
      And I begin to connect
      And the progress counts 2 messages, 1 to go
      When I <stop>
      Then what I began fails with "cancelled", error -3
      And the account is offline
      And the server holds "Lunch", "Invoice" and "Photos"
      When I connect
      And I disconnect
      Then it succeeds
      And the Inbox shows these messages:
        | subject | state            |
        | Invoice | unread, complete |
        | Photos  | unread, complete |
      And the server sent no message twice
      And the server holds nothing

      Examples:
        | stop       |
        | cancel     |
        | disconnect |

    Scenario Outline: I cancel while a session ends with a waiting deletion, <where>
      Given I connect
      And the server falls silent <where>
      And I begin to disconnect
      When I cancel
      Then what I began fails with "cancelled", error -3
      And the account is offline
      And the server holds "Lunch", "Invoice" and "Photos"
      And the mailbox shows "Lunch", "Invoice" and "Photos"
      When I connect
      And I disconnect
      Then it succeeds
      And the Inbox shows "Invoice" and "Photos"
      And the server holds nothing
      And the mailbox shows nothing

      Examples:
        | where                      |
        | in the deletion of "Lunch" |
        | at the goodbye             |

  Rule: Disconnecting is always possible

    Scenario: Disconnecting twice
      Given the mailbox holds "Lunch"
      And I connect
      When I disconnect
      Then it succeeds
      And the server heard a goodbye
      When I disconnect
      Then it succeeds
      And the account is offline

    Scenario: I cancel a command that has ended
      Given the mailbox holds "Lunch"
      And I begin to copy all messages, staying online
      And what I began succeeds
      When I cancel
      Then what I began succeeds
      And the account is connected
      And the Inbox shows "Lunch"
