@cancel-offline @behaviour-6
Feature: Cancelling operations that wait
  An operation that waits can be cancelled, online and offline, until a session has
  carried it out. A cancelled operation leaves nothing behind.

  Background:
    Given the account shows its mailbox offline too
    And the mailbox holds "Lunch", "Invoice" and "Photos"
    And I connect
    And I disconnect
    And I select "Lunch" and "Photos"

  Rule: Nothing of the operation is left

    Scenario Outline: I cancel what waits after I <command>
      Given I <command>
      When I take back what waits for selected messages
      Then it succeeds
      And the progress shows "cancelling offline operations" (16), step "cancelling offline operations" (16)
      And the progress counts 2 messages, 0 to go
      And the Inbox shows nothing
      And the mailbox shows these messages:
        | subject | state       |
        | Lunch   | new, unread |
        | Invoice | new, unread |
        | Photos  | new, unread |
      When I connect
      And I disconnect
      Then the server holds "Lunch", "Invoice" and "Photos"
      And the Inbox shows nothing
      And the mailbox shows these messages:
        | subject | state  |
        | Lunch   | unread |
        | Invoice | unread |
        | Photos  | unread |

      Examples:
        | command                         |
        | copy selected messages, offline |
        | move selected messages, offline |
        | populate selected messages      |
        | delete selected messages        |

    Scenario: All operations of a message are cancelled together
      Given I copy selected messages, offline
      And I delete selected messages
      When I take back what waits for selected messages
      Then the progress counts 4 messages, 0 to go
      And the Inbox shows nothing
      When I connect
      And I disconnect
      Then the server holds "Lunch", "Invoice" and "Photos"

    Scenario: Only the selected operations are cancelled
      Given I move selected messages, offline
      And I select "Photos"
      When I take back what waits for selected messages
      Then the Inbox shows "Lunch"
      When I connect
      And I disconnect
      Then the server holds "Invoice" and "Photos"
      And the Inbox shows "Lunch"

    Scenario: After the program was restarted
      Given I move selected messages, offline
      And I restart the program
      When I take back what waits for selected messages
      And I connect
      And I disconnect
      Then the server holds "Lunch", "Invoice" and "Photos"
      And the Inbox shows nothing

    Scenario: Removing the placeholder cancels the operation
      Given I move selected messages, offline
      When I remove "Lunch" in the Inbox
      Then the mailbox shows these messages:
        | subject | state                    |
        | Lunch   | new, unread              |
        | Invoice | new, unread              |
        | Photos  | new, unread, to be moved |
      When I connect
      And I disconnect
      Then the Inbox shows "Photos"
      And the server holds "Lunch" and "Invoice"

  Rule: Cancelling works in a session too

    Scenario: A deletion online
      Given I connect
      And I delete selected messages
      When I take back what waits for selected messages
      Then it succeeds
      And the account is connected
      When I disconnect
      Then the server holds "Lunch", "Invoice" and "Photos"

    Scenario: The second half of a move
      Given I move selected messages, offline
      And I connect
      When I take back what waits for selected messages
      And I disconnect
      Then the Inbox shows "Lunch" and "Photos"
      And the server holds "Lunch", "Invoice" and "Photos"

    Scenario: A deletion that the server refused
      Given I copy selected messages, offline
      And the server once refuses to send "Lunch"
      And I connect
      When I take back what waits for selected messages
      Then the Inbox shows "Photos"
      When I disconnect
      And I connect
      Then it succeeds
      And the Inbox shows "Photos"

    Scenario: An operation that was set aside
      Given I collect mail in the folder "Food"
      And I move selected messages, offline
      And I remove the folder "Food"
      And I connect
      When I take back what waits for selected messages
      And I disconnect
      And I connect
      Then it succeeds
      And the mailbox shows these messages:
        | subject | state  |
        | Lunch   | unread |
        | Invoice | unread |
        | Photos  | unread |

  Rule: An operation that was done at once is not cancelled

    Scenario: A copy of a complete message
      Given I connect
      And I populate selected messages
      And I disconnect
      And I move selected messages, offline
      When I take back what waits for selected messages
      And I connect
      And I disconnect
      Then the Inbox shows "Lunch" and "Photos"
      And the server holds "Lunch", "Invoice" and "Photos"

    Scenario: Nothing waits
      When I take back what waits for selected messages
      Then it succeeds
      And the progress counts 0 messages, 0 to go
