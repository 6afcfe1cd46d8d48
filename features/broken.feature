@failures @behaviour-5
Feature: A message that breaks the connection
  One message that always ends the connection does not keep other mail back: all other
  messages are fetched, and deleted in a move, before the program fetches it again.

  Scenario Outline: One of three messages always breaks the connection of a <command>
    Given the mailbox holds "Lunch", "Invoice" and "Photos"
    And the line breaks whenever "Invoice" is sent
    When I <command> new messages, then disconnecting
    Then it fails with "not connected", error -36
    And the failed messages are "Invoice"
    And 2 messages came and 0 were there before
    And the Inbox shows "Lunch" and "Photos"
    And the server holds <rest>
    When "Party" arrives in the mailbox
    And I <command> new messages, then disconnecting
    Then it fails with "not connected", error -36
    And the failed messages are "Invoice"
    And 1 message came and 0 were there before
    And the Inbox shows "Lunch", "Photos" and "Party"

    Examples:
      | command | rest                            |
      | copy    | "Lunch", "Invoice" and "Photos" |
      | move    | "Invoice"                       |

  Scenario Outline: A connection that breaks once costs nothing: <command>
    Given the mailbox holds "Lunch", "Invoice" and "Photos"
    And the line breaks once in the middle of "Invoice", and the next one can be had at once
    When I <command> new messages, then disconnecting
    Then it succeeds
    And 3 messages came and 0 were there before
    And the Inbox shows "Lunch", "Photos" and "Invoice"
    And the server sent no message twice

    Examples:
      | command |
      | copy    |
      | move    |

  Scenario: A message that breaks the connection is populated last
    Given the mailbox holds "Lunch", "Invoice" and "Photos"
    And the line breaks whenever "Invoice" is sent
    And I connect
    When I populate all messages
    Then it fails with "not connected", error -36
    And the failed messages are "Invoice"
    And 2 messages came and 0 were there before

  Scenario: A header that can never be fetched hides no other message
    Given the mailbox holds "Lunch", "Invoice" and "Photos"
    And the line breaks whenever "Invoice" is shown
    When I connect
    Then it fails with "not connected", error -36
    And the failed messages are "Invoice"
    When I disconnect
    And I copy all messages, then disconnecting
    Then it succeeds
    And the Inbox shows "Lunch", "Photos" and "Invoice"
