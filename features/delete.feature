@delete @behaviour-5
Feature: Deleting messages on the server
  A deletion is carried out by the server when the session ends with a goodbye. Copies
  in folders are not touched.

  Rule: A deleted message disappears at once, and on the server with the goodbye

    @rfc1939-6 @behaviour-7
    Scenario: Two of three messages
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I select "Photos" and "Lunch"
      When I delete selected messages
      Then it succeeds
      And the mailbox shows "Invoice"
      And the account counts 1 message on the server
      And the progress shows "deleting" (2), step "deleting" (2)
      And the progress counts 2 messages, 0 to go
      When I disconnect
      Then the server heard a goodbye
      And the server holds "Invoice"

    @behaviour-7
    Scenario: Without a goodbye the server keeps the message, and it is new again
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch"
      And I delete selected messages
      When I restart the program
      Then the server heard no goodbye
      And the server holds "Lunch" and "Invoice"
      When I connect
      Then the mailbox shows "Lunch" and "Invoice"
      And the new messages in the mailbox are "Lunch"

    Scenario: Copies stay
      Given the mailbox holds "Lunch"
      And I copy all messages, staying online
      And I select "Lunch"
      When I delete selected messages
      And I disconnect
      Then the Inbox shows "Lunch"
      And the server holds nothing

    Scenario: Nothing selected
      Given the mailbox holds "Lunch"
      And I connect
      When I delete selected messages
      Then it succeeds
      And the mailbox shows "Lunch"

    Scenario: A message that is already gone
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch" and "Invoice"
      And I disconnect
      And another program deletes "Lunch"
      And I connect
      When I delete selected messages
      Then it succeeds
      And the mailbox shows nothing
      When I disconnect
      Then the server holds nothing

  Rule: A message that the server does not delete stays listed

    @behaviour-0
    Scenario: The server refuses one deletion
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch" and "Invoice"
      And the server once refuses to delete "Lunch"
      When I delete selected messages
      Then it fails with "1 message failed", error -174
      And the failed messages are "Lunch"
      And the mailbox shows "Lunch"
      And the account is connected
      When I disconnect
      Then the server holds "Lunch"

    Scenario: The connection breaks between two deletions
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch" and "Invoice"
      And I delete selected messages
      And the line breaks once in the deletion of "Invoice"
      When I disconnect
      Then it fails with "not connected", error -36
      And the account is offline
      And the server holds "Lunch" and "Invoice"
      And the mailbox shows "Lunch" and "Invoice"

    @behaviour-7
    Scenario: I cancel between two deletions
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch" and "Invoice"
      And the server falls silent in the deletion of "Invoice"
      And I begin to delete selected messages
      When I cancel
      Then what I began fails with "cancelled", error -3
      And the account is offline
      And the server heard no goodbye
      And the server holds "Lunch" and "Invoice"
      When I connect
      Then the mailbox shows "Lunch" and "Invoice"

    Scenario: Without a connection
      Given the mailbox holds "Lunch"
      And I connect
      And I select "Lunch"
      And I disconnect
      When I delete selected messages
      Then it fails with "not connected", error -36
      And the server holds "Lunch"

  Rule: An account that shows its mailbox offline keeps deletions until its session ends

    Background:
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I select "Lunch"

    Scenario: Online a deletion waits for the goodbye
      When I delete selected messages
      Then it succeeds
      And the mailbox shows these messages:
        | subject | state                      |
        | Lunch   | new, unread, to be deleted |
        | Invoice | new, unread                |
        | Photos  | new, unread                |
      And the account counts 3 messages on the server
      When I disconnect
      Then the server holds "Invoice" and "Photos"
      And the mailbox shows "Invoice" and "Photos"

    Scenario: Offline a deletion waits for the end of the next session
      Given I disconnect
      When I delete selected messages
      Then it succeeds
      And the server holds "Lunch", "Invoice" and "Photos"
      When I restart the program
      And I connect
      Then the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | unread, to be deleted |
        | Invoice | unread                |
        | Photos  | unread                |
      When I disconnect
      Then the server holds "Invoice" and "Photos"

    Scenario: A deletion can be cancelled
      Given I disconnect
      And I delete selected messages
      When I take back what waits for selected messages
      Then it succeeds
      And the progress shows "cancelling offline operations" (16), step "cancelling offline operations" (16)
      When I connect
      And I disconnect
      Then the server holds "Lunch", "Invoice" and "Photos"
      And the mailbox shows these messages:
        | subject | state  |
        | Lunch   | unread |
        | Invoice | unread |
        | Photos  | unread |

    Scenario: A message that waits to be deleted is no longer fetched
      Given I delete selected messages
      When I copy all messages, while connected
      Then the Inbox shows "Invoice" and "Photos"
      When I populate all messages
      Then 2 messages came and 0 were there before
      When I disconnect
      Then the server holds "Invoice" and "Photos"

    Scenario: After a session without a goodbye the deletion still waits
      Given I delete selected messages
      When I restart the program
      Then the server holds "Lunch", "Invoice" and "Photos"
      When I connect
      And I disconnect
      Then the server holds "Invoice" and "Photos"

    Scenario: After a refusal the deletion still waits
      Given I delete selected messages
      And the server once refuses to delete "Lunch"
      When I disconnect
      Then it fails with "1 message failed", error -174
      And the failed messages are "Lunch"
      And the server holds "Lunch", "Invoice" and "Photos"
      When I connect
      And I disconnect
      Then it succeeds
      And the server holds "Invoice" and "Photos"

    Scenario: Another program has already deleted the message
      Given I disconnect
      And I delete selected messages
      And another program deletes "Lunch"
      When I connect
      And I disconnect
      Then it succeeds
      And the mailbox shows "Invoice" and "Photos"
      And the server holds "Invoice" and "Photos"
