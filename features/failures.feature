@failures @behaviour-0 @behaviour-7
Feature: When getting mail fails
  Whatever fails, no message is lost, no message is stored incomplete, and the next get
  mail fetches exactly the missing ones.

  Rule: After a broken connection the store has only complete messages, and the server has all

    Scenario: The connection breaks inside a message of a copy
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the line breaks once in the middle of "Invoice"
      When I copy new messages, then disconnecting
      Then it fails with "not connected", error -36
      And the progress shows "copy new mail" (9), step "copying" (1)
      And the account is offline
      And the mailbox shows nothing
      And the Inbox shows "Photos"
      And 1 message came and 0 were there before
      And the server heard no goodbye
      When I copy new messages, then disconnecting
      Then it succeeds
      And 2 messages came and 0 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"
      And the server holds "Lunch", "Invoice" and "Photos"
      And the server sent no message twice

    Scenario Outline: The connection breaks, and before the next get mail I <command>
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the line breaks once in the middle of "Invoice"
      And I copy new messages, then disconnecting
      And it fails with "not connected", error -36
      And I connect
      And I select "Photos"
      And I <command>
      And I disconnect
      When I copy new messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch", "Invoice" and "Photos"
      When I copy new messages, then disconnecting
      Then 0 messages came and 0 were there before

      Examples:
        | command                                  |
        | ask whether I am connected               |
        | populate selected messages               |
        | populate 1 lines of all messages         |
        | copy selected messages, while connected |

    @delete
    Scenario: The connection breaks, and before the next get mail I delete a message
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the line breaks once in the middle of "Invoice"
      And I copy new messages, then disconnecting
      And I connect
      And I select "Photos"
      And I delete selected messages
      And I disconnect
      And I restart the program
      When I copy new messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch", "Invoice" and "Photos"
      And the server holds "Lunch" and "Invoice"

    @move
    Scenario: The connection breaks inside a message of a move
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the line breaks once in the middle of "Invoice"
      When I move all messages, then disconnecting
      Then it fails with "not connected", error -36
      And the Inbox shows "Photos"
      And the server holds "Lunch", "Invoice" and "Photos"
      When I move all messages, then disconnecting
      Then it succeeds
      And 2 messages came and 1 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"
      And the server holds nothing
      And the server sent no message twice

    @move
    Scenario Outline: The connection breaks at the <part> of a move
      Given the mailbox holds "Lunch" and "Invoice"
      And the line breaks once at the <part>
      When I move all messages, then disconnecting
      Then it fails with "not connected", error -36
      And the account is offline
      And the Inbox shows "Lunch" and "Invoice"
      And the server holds "Lunch" and "Invoice"
      When I move all messages, then disconnecting
      Then it succeeds
      And 0 messages came and 2 were there before
      And the Inbox shows "Lunch" and "Invoice"
      And the server holds nothing
      And the server sent no message twice

      Examples:
        | part      |
        | deletions |
        | goodbye   |

    @move
    Scenario: The connection breaks between two deletions
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch" and "Invoice"
      And the line breaks once in the deletion of "Invoice"
      When I move all messages, then disconnecting
      Then it fails with "not connected", error -36
      And the server holds "Lunch" and "Invoice"
      And the mailbox shows "Lunch" and "Invoice"
      When I move all messages, then disconnecting
      Then it succeeds
      And 0 messages came and 2 were there before
      And the mailbox shows nothing
      And the server holds nothing

    @mtm
    Scenario: New messages stay new until they are complete
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the line breaks once in the middle of "Photos"
      And I copy new messages, then disconnecting
      And the Inbox shows nothing
      When "Party" arrives in the mailbox
      And I copy new messages, then disconnecting
      Then the Inbox shows "Lunch", "Invoice", "Photos" and "Party"

    Scenario: A connection that is lost in between
      Given the mailbox holds "Lunch"
      And I connect
      And the line breaks once in the middle of "Lunch"
      When I copy all messages, while connected
      Then it fails with "not connected", error -36
      And the account is offline
      When I copy all messages, while connected
      Then it fails with "not connected", error -36
      When I copy all messages, then disconnecting
      Then the Inbox shows "Lunch"

    @move
    Scenario: After a failure the program is restarted
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the line breaks once in the middle of "Lunch"
      And I move new messages, then disconnecting
      When I restart the program
      Then the Inbox shows "Invoice" and "Photos"
      When I move all messages, then disconnecting
      Then 1 message came and 2 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"
      And the server holds nothing

  Rule: A refused message does not stop the others

    Scenario: The server refuses one message of a copy
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the server once refuses to send "Invoice"
      When I copy new messages, then disconnecting
      Then it fails with "cannot read that message", error -174
      And the failed messages are "Invoice"
      And the Inbox shows "Lunch" and "Photos"
      And the account is offline
      And the server heard a goodbye
      When I copy new messages, then disconnecting
      Then it succeeds
      And 1 message came and 0 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"

    @move
    Scenario: The server refuses one message of a move
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And the server once refuses to send "Lunch"
      When I move new messages, staying online
      Then it fails with "cannot read that message", error -174
      And the failed messages are "Lunch"
      And the account is connected
      And the mailbox shows "Lunch"
      When I disconnect
      Then the server holds "Lunch"
      When I move all messages, then disconnecting
      Then the Inbox shows "Lunch", "Invoice" and "Photos"
      And the server holds nothing

    @move
    Scenario: The server refuses every message
      Given the mailbox holds "Lunch" and "Invoice"
      And the server once refuses to send "Lunch" and "Invoice"
      When I move all messages, then disconnecting
      Then it fails with "2 messages failed", error -174
      And the failed messages are "Lunch" and "Invoice"
      And the Inbox shows nothing
      And the server holds "Lunch" and "Invoice"

    @move
    Scenario: The server refuses a deletion
      Given the mailbox holds "Lunch" and "Invoice"
      And the server once refuses to delete "Lunch"
      When I move all messages, staying online
      Then it fails with "1 message failed", error -174
      And the failed messages are "Lunch"
      And the mailbox shows "Lunch"
      And the account counts 1 message on the server
      And the Inbox shows "Lunch" and "Invoice"
      When I disconnect
      Then the server holds "Lunch"
      When I move all messages, then disconnecting
      Then it succeeds
      And 0 messages came and 1 were there before
      And the server holds nothing

    @move
    Scenario: An invalid answer to a deletion
      Given the mailbox holds "Lunch"
      And the server once answers the deletions with nonsense
      When I move all messages, then disconnecting
      Then it fails with "the server answered with an error", error -174
      And the server heard no goodbye
      And the server holds "Lunch"
      And the Inbox shows "Lunch"

  Rule: No message is stored as another one

    Scenario: The server sends an extra line
      Given the server plays the scenario "retr-extra-line#err"
      When I copy new messages, then disconnecting
      Then it succeeds
      And 3 messages came and 0 were there before

  Rule: Cancelling keeps complete messages and deletes nothing

    Scenario Outline: I cancel a <take>
      Given the mailbox holds "Lunch"
      And the mailbox holds "Photos" of 300 KB
      And the mailbox holds "Invoice"
      And the server falls silent in the middle of "Photos"
      When I begin to <take> all messages, staying online
      And the progress counts 3 messages, 2 to go
      And I cancel
      Then what I began fails with "cancelled", error -3
      And the account is offline
      And the server heard no goodbye
      And the Inbox shows "Invoice"
      And the server holds "Lunch", "Photos" and "Invoice"
      When I <take> all messages, then disconnecting
      Then it succeeds
      And 2 messages came and 1 were there before
      And the Inbox shows "Lunch", "Photos" and "Invoice"
      And the server holds <left>
      And the server sent no message twice

      Examples: copies
        | take | left                            |
        | copy | "Lunch", "Photos" and "Invoice" |

      @move
      Examples: moves
        | take | left    |
        | move | nothing |

    @move
    Scenario: I disconnect in the middle of a move
      Given the mailbox holds "Lunch" and "Photos"
      And the server falls silent in the middle of "Photos"
      And I connect
      And I begin to move all messages, while connected
      When I disconnect
      Then it succeeds
      And what I began fails with "cancelled", error -3
      And the account is offline
      And the server heard no goodbye
      And the server holds "Lunch" and "Photos"

    @move
    Scenario: I close the program in the middle of a move
      Given the mailbox holds "Photos" and "Lunch"
      And the server falls silent in the middle of "Photos"
      And I begin to move all messages, then disconnecting
      And the progress counts 2 messages, 1 to go
      When I restart the program
      Then the Inbox shows "Lunch"
      And the server holds "Lunch" and "Photos"
      When I move all messages, then disconnecting
      Then the Inbox shows "Lunch" and "Photos"
      And the server holds nothing
      And the server sent no message twice

    @move
    Scenario: The server stops answering
      Given I wait no longer than 1 second for the server
      And the mailbox holds "Photos" and "Lunch"
      And the server falls silent in the middle of "Photos"
      When I move all messages, then disconnecting
      Then it fails with "timed out", error -33
      And the account is offline
      And the Inbox shows "Lunch"
      And the server holds "Lunch" and "Photos"
      When I wait no longer than 60 seconds for the server
      And I move all messages, then disconnecting
      Then the Inbox shows "Lunch" and "Photos"
      And the server holds nothing

  Rule: A full disk ends the command early, and the session properly

    @move
    Scenario: There is room for the headers, but not for the messages
      Given the mailbox holds "Lunch"
      And the mailbox holds "Photos" of 300 KB
      And the disk has room for 100 KB
      When I move all messages, then disconnecting
      Then it fails with "the disk is full", error -26
      And the Inbox shows nothing
      And the account is offline
      And the server heard a goodbye
      And the server holds "Lunch" and "Photos"
      When the disk has plenty of room
      And I move all messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch" and "Photos"
      And the server holds nothing

    Scenario: There is room for the small messages
      Given the mailbox holds "Lunch"
      And the mailbox holds "Photos" of 300 KB
      And the disk has room for 100 KB
      And I leave out messages above 50 KB
      When I copy all messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch"
