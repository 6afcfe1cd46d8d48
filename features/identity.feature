@identity @behaviour-0 @behaviour-4
Feature: A unique-id alone does not identify a message
  Servers give each message a unique-id, and may give the unique-id of a deleted message
  to another one. A new message is fetched even if its unique-id is known, and a message
  is deleted on the server only if it is stored.

  Rule: A new message with the unique-id of an old one is a different message

    Background:
      Given the mailbox holds these messages:
        | subject | names |
        | Lunch   | a     |
        | Invoice | b     |

    @move
    Scenario: The unique-id of a message that I moved
      Given I move new messages, then disconnecting
      And the mailbox holds these messages:
        | subject                     | names |
        | Photos of the whole company | a     |
      When I move new messages, then disconnecting
      Then it succeeds
      And 1 message came and 0 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos of the whole company"
      And the server holds nothing

    Scenario: The unique-id of a message that another program deleted
      Given the account shows its mailbox offline too
      And I copy new messages, then disconnecting
      And another program deletes "Lunch"
      And the mailbox holds these messages:
        | subject                     | names |
        | Photos of the whole company | a     |
      When I copy new messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch", "Invoice" and "Photos of the whole company"
      And the mailbox shows "Invoice" and "Photos of the whole company"
      When I copy new messages, then disconnecting
      Then 0 messages came and 0 were there before

    @move
    Scenario: A move that broke before its deletion, and the unique-id now belongs to another message
      Given the line breaks once at the deletions
      And I move new messages, then disconnecting
      And it fails with "not connected", error -36
      And another program deletes "Lunch"
      And the mailbox holds these messages:
        | subject                     | names |
        | Photos of the whole company | a     |
      When I move new messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch", "Invoice" and "Photos of the whole company"
      And the server holds nothing

    @delete
    Scenario: A message to be deleted is gone, and its unique-id now belongs to another one
      Given the account shows its mailbox offline too
      And I connect
      And I disconnect
      And I select "Lunch"
      And I delete selected messages
      And another program deletes "Lunch"
      And the mailbox holds these messages:
        | subject                     | names |
        | Photos of the whole company | a     |
      When I connect
      And I disconnect
      Then it succeeds
      And the mailbox shows "Invoice" and "Photos of the whole company"
      And the server holds "Invoice" and "Photos of the whole company"

  Rule: The same message is not fetched again

    Scenario: No header of a known message is fetched
      Given the mailbox holds "Lunch" and "Invoice"
      And I copy new messages, then disconnecting
      When I copy all messages, then disconnecting
      Then it succeeds
      And 0 messages came and 2 were there before
      And the server sent no message twice

    @behaviour-4
    Scenario Outline: One row of the <list> cannot be read
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the server once answers the <list> with a row that cannot be read
      When I copy new messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch", "Invoice" and "Photos"
      When I copy all messages, then disconnecting
      Then it succeeds
      And 0 messages came and 3 were there before
      And the server sent no message twice

      Examples:
        | list          |
        | message list  |
        | message names |

    Scenario Outline: One row of the <list> cannot be read, and no entry is deleted
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch", "Invoice" and "Photos"
      And I copy new messages, then disconnecting
      And another program deletes "Photos"
      And the server once answers the <list> with a row that cannot be read
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"
      When I disconnect
      And I connect
      Then the mailbox shows "Lunch" and "Invoice"

      Examples:
        | list          |
        | message list  |
        | message names |
