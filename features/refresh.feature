@refresh @behaviour-4
Feature: Refreshing the mailbox
  Every connect compares the stored entries with the messages on the server. New
  messages get an entry, entries without a message are removed, all others stay as they
  are.

  Rule: Entries follow the messages on the server

    Scenario: New is what arrived in this connection
      Given the mailbox holds "Lunch"
      And the account shows its mailbox offline too
      And I connect
      And I disconnect
      When "Invoice" arrives in the mailbox
      And I connect
      Then the mailbox shows "Lunch" and "Invoice"
      And the new messages in the mailbox are "Invoice"
      And the unread messages in the mailbox are "Lunch" and "Invoice"

    Scenario: A message that another program deleted disappears, copies stay
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I copy all messages, then disconnecting
      When another program deletes "Lunch" and "Photos"
      And I connect
      Then the mailbox shows "Invoice"
      And the account counts 1 message on the server
      And the Inbox shows "Lunch", "Invoice" and "Photos"

    Scenario: An emptied mailbox
      Given the mailbox holds "Lunch" and "Invoice"
      And the account shows its mailbox offline too
      And I connect
      And I disconnect
      When another program deletes "Lunch" and "Invoice"
      And I connect
      Then it succeeds
      And the mailbox shows nothing

    Scenario: Known messages are not fetched again
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I disconnect
      And "Photos" arrives in the mailbox
      When I connect
      Then the mailbox shows "Lunch", "Invoice" and "Photos"
      And the server sent no header twice

    Scenario: Messages whose numbers have changed keep their entries
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I read "Photos" in the mailbox
      And I disconnect
      When another program deletes "Lunch"
      And "Party" arrives in the mailbox
      And I connect
      Then the mailbox shows these messages:
        | subject | state       |
        | Invoice | unread      |
        | Photos  | -           |
        | Party   | new, unread |
      And the server sent no header twice

    Scenario Outline: The <list> in another order
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I disconnect
      And "Party" arrives in the mailbox
      And the server once answers the <list> with the messages in another order
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice", "Photos" and "Party"
      And the new messages in the mailbox are "Party"
      And "Lunch", "Invoice", "Photos" and "Party" in the mailbox show sender, date and size

      Examples:
        | list          |
        | message list  |
        | message names |

    Scenario: Two messages with the same unique-id
      Given the account shows its mailbox offline too
      And the mailbox holds these messages:
        | subject | names |
        | Lunch   | twin  |
        | Invoice | twin  |
        | Photos  | other |
      And I connect
      And I disconnect
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"
      And the new messages in the mailbox are nothing

  Rule: A server with fewer capabilities works too

    Scenario Outline: A server that cannot <ability>
      Given the server cannot <ability>
      And the mailbox holds "Lunch" and "Invoice"
      And the account shows its mailbox offline too
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch" and "Invoice"
      And "Lunch" and "Invoice" in the mailbox show sender, date and size
      And the Inbox shows nothing
      When I disconnect
      And "Photos" arrives in the mailbox
      And I connect
      Then the mailbox shows "Lunch", "Invoice" and "Photos"
      And the new messages in the mailbox are "Photos"

      Examples:
        | ability                       |
        | name its messages             |
        | send headers alone            |
        | take several requests at once |
        | say what it can do            |
        | hide the password             |

    Scenario: One message that the server cannot read
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the server once refuses to show "Invoice"
      When I connect
      Then it fails with "1 message failed", error -179
      And the failed messages are "Invoice"
      And the account is connected
      And the mailbox shows "Lunch" and "Photos"
      When I disconnect
      And I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"
      And the new messages in the mailbox are "Invoice"

    Scenario: Without unique-ids a message is recognized by its header and size
      Given the server cannot name its messages
      And the account shows its mailbox offline too
      And the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I read "Photos" in the mailbox
      And I disconnect
      When another program deletes "Lunch"
      And I connect
      Then the mailbox shows these messages:
        | subject | state  |
        | Invoice | unread |
        | Photos  | -      |

    Scenario: A message that had to be fetched whole is not fetched again
      Given the server cannot send headers alone
      And the mailbox holds "Lunch" and "Invoice"
      And I connect
      And the mailbox shows these messages:
        | subject | state       |
        | Lunch   | new, unread |
        | Invoice | new, unread |
      When I copy all messages, while connected
      Then the Inbox shows "Lunch" and "Invoice"
      And the server sent no message twice

    Scenario: Many messages, one request at a time
      Given the server cannot take several requests at once
      And the mailbox holds 120 messages
      When I connect
      Then it succeeds
      And the account counts 120 messages on the server
      And the server sent no header twice

    Scenario: Many messages, many requests at a time
      Given the mailbox holds 250 messages
      And the server once refuses to show "Message 7"
      When I connect
      Then it fails with "1 message failed", error -179
      And the failed messages are "Message 7"
      When I disconnect
      And I connect
      Then it succeeds
      And the server sent no header twice

  Rule: No entry is deleted because of contradicting lists

    Background:
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I disconnect

    @behaviour-0
    Scenario Outline: Lists that contradict each other: <list>, <trouble>
      Given the server once answers the <list> with <trouble>
      When I connect
      Then it succeeds
      And I disconnect
      And I connect
      And it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"

      Examples:
        | list          | trouble                  |
        | message list  | one message twice        |
        | message names | one message twice        |
        | message count | a count that is too high |
        | message list  | one message missing      |
        | message names | one message missing      |

  Rule: A failed refresh changes nothing visible

    Scenario: I cancel while headers arrive
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the server falls silent in the header of "Lunch"
      When I begin to connect
      Then the progress shows "refreshing" (0), step "refreshing" (0)
      And the progress counts 3 messages, 1 to go
      And the mailbox shows nothing
      When I cancel
      Then what I began fails with "cancelled", error -3
      And the account is offline
      And the mailbox shows nothing
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"
      And the new messages in the mailbox are "Lunch", "Invoice" and "Photos"

    Scenario: Headers that arrived before the failure are not fetched again
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch", "Invoice" and "Photos"
      And the line breaks once in the header of "Lunch"
      When I connect
      Then it fails with "not connected", error -36
      And the mailbox shows nothing
      When I connect
      Then it succeeds
      And the new messages in the mailbox are "Lunch", "Invoice" and "Photos"

  Rule: The entry of a deleted message is removed, unless it is to be kept

    Background:
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch" and "Invoice"
      And the mailbox holds "Photos" of 20 KB
      And I connect
      And I select "Lunch"
      And I populate selected messages
      And I select "Photos"
      And I populate 3 lines of selected messages
      And I disconnect
      And another program deletes "Lunch", "Invoice" and "Photos"

    @behaviour-0
    Scenario: Populated or not, the entry is removed
      When I connect
      Then it succeeds
      And the mailbox shows nothing

    @behaviour-0
    Scenario: A populated or partial entry stays when I want to keep it
      Given I select "Lunch", "Invoice" and "Photos"
      When I connect, keeping selected messages
      Then it succeeds
      And the mailbox shows "Lunch" and "Photos"
