@sync-limit @behaviour-4
Feature: Showing only the newest messages
  An account can show all messages of a large mailbox, only the newest ones, or none.

  Rule: An account can show only the newest messages

    Background:
      Given the account shows its mailbox offline too
      And the mailbox holds 5 messages

    Scenario: Only the newest
      Given the account shows the newest 2 messages
      When I connect
      Then the mailbox shows "Message 4" and "Message 5"
      And the account counts 5 messages on the server

    Scenario: Newer messages displace older ones
      Given the account shows the newest 2 messages
      And I connect
      And I disconnect
      When "Lunch" arrives in the mailbox
      And I connect
      Then the mailbox shows "Message 5" and "Lunch"
      And the new messages in the mailbox are "Lunch"

    Scenario: A higher limit adds older messages
      Given the account shows the newest 2 messages
      And I connect
      And I disconnect
      When the account shows all messages
      And I connect
      Then the mailbox shows "Message 1", "Message 2", "Message 3", "Message 4" and "Message 5"

    Scenario: A lower limit removes entries, and nothing from the server
      Given I connect
      And I disconnect
      When the account shows the newest 1 message
      And I connect
      Then the mailbox shows "Message 5"
      When I disconnect
      Then the server holds "Message 1", "Message 2", "Message 3", "Message 4" and "Message 5"

    Scenario: A limit of 0 logs in and fetches no list
      Given the account shows the newest 3 messages
      And I connect
      And I disconnect
      And "Lunch" arrives in the mailbox
      And another program deletes "Message 3"
      When the account shows the newest 0 messages
      And I connect
      Then it succeeds
      And the account is connected
      And the mailbox shows "Message 3", "Message 4" and "Message 5"
      When I disconnect
      Then the server heard a goodbye

    Scenario: A limit larger than the mailbox
      Given the account shows the newest 5 messages
      When I connect
      Then the mailbox shows "Message 1", "Message 2", "Message 3", "Message 4" and "Message 5"

    Scenario: A higher limit fetches only the missing headers
      Given the account shows the newest 2 messages
      And I connect
      And I disconnect
      When the account shows the newest 4 messages
      And I connect
      Then the mailbox shows "Message 2", "Message 3", "Message 4" and "Message 5"
      And the new messages in the mailbox are "Message 2" and "Message 3"
      And the server sent no header twice

    @behaviour-0
    Scenario: Without unique-ids only the newest headers are fetched
      Given the server cannot name its messages
      And the account shows the newest 2 messages
      When I connect
      Then the mailbox shows "Message 4" and "Message 5"
      And the account counts 5 messages on the server

  Rule: The limit removes nothing that the user wants to keep

    Background:
      Given the account shows its mailbox offline too
      And the mailbox holds 4 messages
      And I connect
      And I select "Message 1"

    @behaviour-0
    Scenario: Populated messages stay beyond the limit
      Given I populate selected messages
      And I disconnect
      When the account shows the newest 1 message
      And I connect
      Then the mailbox shows these messages:
        | subject   | state            |
        | Message 1 | unread, complete |
        | Message 4 | unread           |

    Scenario: Headers that I want to keep stay beyond the limit
      Given I disconnect
      When the account shows the newest 1 message
      And I connect, keeping selected messages
      Then the mailbox shows "Message 1" and "Message 4"

    Scenario: Messages whose deletion waits stay beyond the limit
      Given I disconnect
      And I delete selected messages
      When the account shows the newest 1 message
      And I connect
      Then the mailbox shows "Message 1" and "Message 4"
      When I disconnect
      Then the mailbox shows "Message 4"
      And the server holds "Message 2", "Message 3" and "Message 4"

  Rule: The limit decides which messages can be fetched

    @move
    Scenario: An account that shows only the newest messages fetches only those
      Given the mailbox holds 5 messages
      And the account shows the newest 2 messages
      When I move all messages, then disconnecting
      Then the Inbox shows "Message 4" and "Message 5"
      And the server holds "Message 1", "Message 2" and "Message 3"

    @behaviour-0
    Scenario: With a limit of 0 the connection is usable
      Given the mailbox holds 3 messages
      And the account shows the newest 0 messages
      When I connect
      Then it succeeds
      And the account is connected
      When I copy all messages, while connected
      Then it succeeds
      And 0 messages came and 0 were there before
      When I ask whether I am connected
      Then it succeeds
      When I disconnect
      Then it succeeds
      And the server heard a goodbye
      And the server holds "Message 1", "Message 2" and "Message 3"

    @behaviour-0
    Scenario: With a limit of 0, fetching and disconnecting fetches nothing
      Given the mailbox holds 3 messages
      And the account shows the newest 0 messages
      When I move all messages, then disconnecting
      Then it succeeds
      And 0 messages came and 0 were there before
      And the server holds "Message 1", "Message 2" and "Message 3"
