@offline @behaviour-6
Feature: Operations without a connection
  In an account that shows its mailbox offline too, my operations wait for the next
  session. A folder shows placeholders for the messages. Copies and moves are carried
  out when the session begins, deletions when it ends.

  Background:
    Given the account shows its mailbox offline too
    And the mailbox holds "Lunch", "Invoice" and "Photos"
    And I connect
    And I disconnect

  Rule: Waiting operations are shown, and the next session carries them out

    Scenario: A copy
      Given I select "Lunch" and "Photos"
      When I copy selected messages, offline
      Then it succeeds
      And 0 messages came and 0 were there before
      And the progress shows "copying" (1), step "copying" (1)
      And the progress counts 2 messages, 0 to go
      And the mailbox shows these messages:
        | subject | state                     |
        | Lunch   | new, unread, to be copied |
        | Invoice | new, unread               |
        | Photos  | new, unread, to be copied |
      And the Inbox shows these messages:
        | subject | state                |
        | Lunch   | new, unread, to come |
        | Photos  | new, unread, to come |
      When I connect
      Then it succeeds
      And 2 messages came and 0 were there before
      And the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |
        | Photos  | unread, complete |
      And the mailbox shows these messages:
        | subject | state  |
        | Lunch   | unread |
        | Invoice | unread |
        | Photos  | unread |
      When I disconnect
      Then the server holds "Lunch", "Invoice" and "Photos"

    Scenario: A move
      Given I select "Lunch"
      When I move selected messages, offline
      Then it succeeds
      And the progress shows "moving" (8), step "moving" (8)
      And the mailbox shows these messages:
        | subject | state                    |
        | Lunch   | new, unread, to be moved |
        | Invoice | new, unread              |
        | Photos  | new, unread              |
      When I connect
      Then the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |
      And the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | unread, to be deleted |
        | Invoice | unread                |
        | Photos  | unread                |
      When I disconnect
      Then the mailbox shows "Invoice" and "Photos"
      And the server holds "Invoice" and "Photos"

    Scenario Outline: Populating <extent>
      Given I select "Lunch"
      When I populate <extent>
      Then it succeeds
      And the progress shows "<phase>" (<number>), step "<phase>" (<number>)
      And the mailbox shows these messages:
        | subject | state                        |
        | Lunch   | new, unread, to be populated |
        | Invoice | new, unread                  |
        | Photos  | new, unread                  |
      When I connect
      Then the mailbox shows these messages:
        | subject | state           |
        | Lunch   | unread, <state> |
        | Invoice | unread          |
        | Photos  | unread          |
      And the server sent no message twice

      Examples:
        | extent                       | phase          | number | state            |
        | selected messages            | populating     | 15     | complete         |
        | 2 lines of selected messages | top-populating | 17     | complete in part |

    Scenario: All kinds of operations together, in their order
      Given I select "Lunch"
      And I delete selected messages
      And I select "Invoice"
      And I move selected messages, offline
      And I select "Photos"
      And I copy selected messages, offline
      When I connect
      Then it succeeds
      And the progress shows "moving" (8), step "moving" (8)
      And the progress counts 1 message, 0 to go
      And the Inbox shows "Invoice" and "Photos"
      And the server holds "Lunch", "Invoice" and "Photos"
      When I disconnect
      Then it succeeds
      And the server holds "Photos"
      And the mailbox shows "Photos"

    Scenario: The program is restarted in between
      Given I select "Lunch"
      And I move selected messages, offline
      When I restart the program
      Then the Inbox shows these messages:
        | subject | state                |
        | Lunch   | new, unread, to come |
      When I connect
      And I disconnect
      Then the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |
      And the server holds "Invoice" and "Photos"

    Scenario: A get mail begins a session too
      Given I select "Lunch"
      And I copy selected messages, offline
      When I copy all messages, then disconnecting
      Then it succeeds
      And 3 messages came and 1 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"
      And the server sent no message twice

    Scenario: A message for two folders is fetched once
      Given I select "Lunch"
      And I copy selected messages, offline
      And I collect mail in the folder "Food"
      And I move selected messages, offline
      When I connect
      And I disconnect
      Then the Inbox shows "Lunch"
      And the folder "Food" shows "Lunch"
      And the server sent no message twice
      And the server holds "Invoice" and "Photos"

    Scenario: All messages
      When I copy all messages, offline
      And I connect
      Then the Inbox shows "Lunch", "Invoice" and "Photos"

    Scenario: Large messages are left out
      Given the mailbox holds "Film" of 80 KB
      And I connect
      And I disconnect
      And I leave out messages above 50 KB
      When I copy all messages, offline
      And I connect
      Then the Inbox shows "Lunch", "Invoice" and "Photos"

  Rule: A complete message needs no session

    Scenario Outline: A <take> of a complete message
      Given I connect
      And I populate all messages
      And I disconnect
      And I select "Lunch"
      When I <take> selected messages, offline
      Then it succeeds
      And 1 message came and 0 were there before
      And the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |
      When I connect
      And I disconnect
      Then the server sent no message twice
      And the server holds <left>

      Examples:
        | take | left                           |
        | copy | "Lunch", "Invoice" and "Photos" |
        | move | "Invoice" and "Photos"         |

    Scenario: A partial message waits for the rest
      Given I connect
      And I populate 2 lines of all messages
      And I disconnect
      And I select "Lunch"
      When I move selected messages, offline
      Then 0 messages came and 0 were there before
      When I connect
      And I disconnect
      Then the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |

    Scenario: A copy that is in the folder is not made again
      Given I copy all messages, then disconnecting
      And I select "Lunch"
      When I copy selected messages, offline
      Then 0 messages came and 1 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"

  Rule: Contradicting operations are resolved, and no message is lost

    Scenario Outline: <first>, then <second>
      Given I select "Lunch"
      When I <first>
      And I collect mail in the folder "Food"
      And I <second>
      Then it succeeds
      And the mailbox shows these messages:
        | subject | state                |
        | Lunch   | new, unread, <state> |
        | Invoice | new, unread          |
        | Photos  | new, unread          |
      When I connect
      And I disconnect
      Then the Inbox shows <inbox>
      And the folder "Food" shows <food>
      And the server holds <server>

      Examples:
        | first                           | second                          | state                       | inbox   | food    | server                          |
        | move selected messages, offline | move selected messages, offline | to be moved, to be copied   | "Lunch" | "Lunch" | "Invoice" and "Photos"          |
        | delete selected messages        | move selected messages, offline | to be deleted, to be copied | nothing | "Lunch" | "Invoice" and "Photos"          |
        | move selected messages, offline | delete selected messages        | to be moved                 | "Lunch" | nothing | "Invoice" and "Photos"          |
        | delete selected messages        | delete selected messages        | to be deleted               | nothing | nothing | "Invoice" and "Photos"          |
        | copy selected messages, offline | delete selected messages        | to be copied, to be deleted | "Lunch" | nothing | "Invoice" and "Photos"          |
        | copy selected messages, offline | copy selected messages, offline | to be copied, to be copied  | "Lunch" | "Lunch" | "Lunch", "Invoice" and "Photos" |

  Rule: A failed operation still waits

    Scenario: The server refuses a message
      Given I select "Lunch" and "Photos"
      And I copy selected messages, offline
      And I delete selected messages
      And the server once refuses to send "Lunch"
      When I connect
      Then it fails with "1 message failed", error -174
      And the failed messages are "Lunch"
      And the account is connected
      When I disconnect
      Then it succeeds
      And the server holds "Lunch" and "Invoice"
      When I connect
      Then it succeeds
      And I disconnect
      And the server holds "Invoice"
      And the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |
        | Photos  | unread, complete |

    Scenario: The connection breaks
      Given I select "Lunch" and "Photos"
      And I move selected messages, offline
      And the line breaks once in the middle of "Photos"
      When I connect
      Then it fails with "not connected", error -36
      And the account is offline
      And the server holds "Lunch", "Invoice" and "Photos"
      When I connect
      And I disconnect
      Then the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |
        | Photos  | unread, complete |
      And the server sent no message twice
      And the server holds "Invoice"

    Scenario: A disk without room
      Given I select "Lunch"
      And I copy selected messages, offline
      And the disk has room for 64 KB
      When I connect
      Then it fails with "the disk is full", error -26
      And the account is connected
      When I disconnect
      And the disk has plenty of room
      And I connect
      Then it succeeds
      And the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |

    Scenario: Another program was faster
      Given I select "Lunch"
      And I copy selected messages, offline
      And another program deletes "Lunch"
      When I connect
      Then it fails with "the message is no longer on the server", error -174
      And the failed messages are "Lunch"
      And the account is connected
      And the Inbox shows nothing
      When I disconnect
      And I connect
      Then it succeeds

    Scenario: The folder is gone: the other operations continue, and the error is reported once
      Given I select "Lunch"
      And I collect mail in the folder "Food"
      And I move selected messages, offline
      And I select "Photos"
      And I delete selected messages
      And I remove the folder "Food"
      When I connect
      Then it fails with "is gone", error -174
      And the failed messages are "Lunch"
      And the account is connected
      When I disconnect
      Then the server holds "Lunch" and "Invoice"
      When I connect
      Then it succeeds
      And the mailbox shows these messages:
        | subject | state             |
        | Lunch   | unread, set aside |
        | Invoice | unread            |

  Rule: Waiting needs an account that shows its mailbox offline

    Scenario Outline: Otherwise I cannot <command>
      Given I set "disconnected-mode" to "false"
      And I select "Lunch"
      When I <command>
      Then it fails with "not connected", error -36
      And the Inbox shows nothing

      Examples:
        | command                         |
        | copy selected messages, offline |
        | move all messages, offline      |
        | populate selected messages      |
        | delete selected messages        |

    Scenario: With a connection only deletions wait
      Given I connect
      And I select "Lunch"
      When I copy selected messages, while connected
      Then 1 message came and 0 were there before
      And the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |

  Rule: The sync limit does not matter

    Scenario: A message beyond the sync limit
      Given I select "Lunch"
      And I copy selected messages, offline
      And the account shows the newest 1 message
      When I connect
      Then it succeeds
      And the Inbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |

    Scenario: With a limit of 0 the operation still waits
      Given I select "Lunch"
      And I copy selected messages, offline
      And I set "sync-limit" to "0"
      When I connect
      And I disconnect
      Then the Inbox shows these messages:
        | subject | state                |
        | Lunch   | new, unread, to come |
