@copy-move @behaviour-5
Feature: Copying and moving
  A copy leaves the message on the server; a move deletes it there once it is safely
  stored.

  Rule: Copies and entries show what was fetched

    Scenario: A copy is unread and complete, and its entry is no longer new
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch"
      When I copy selected messages, while connected
      Then "Lunch" in the Inbox shows sender, date and size
      And the unread messages in the Inbox are "Lunch"
      And the mailbox shows "Lunch" and "Invoice"
      And the new messages in the mailbox are "Invoice"

    Scenario: A copy is unread although its entry was hidden since it arrived
      Given the mailbox holds "Lunch"
      And I connect
      And I disconnect
      When I copy all messages, staying online
      Then the unread messages in the mailbox are nothing
      And the unread messages in the Inbox are "Lunch"

    Scenario: A copy that was read stays read
      Given the mailbox holds "Lunch"
      And I copy all messages, then disconnecting
      And I read "Lunch" in the Inbox
      When I copy all messages, then disconnecting
      Then the unread messages in the Inbox are nothing

    @move
    Scenario: A moved message leaves the mailbox
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch"
      When I move selected messages, while connected
      Then the mailbox shows "Invoice"
      And the account counts 1 message on the server

    @rfc1939-6 @move
    Scenario: A moved message is deleted only when the session ends properly
      Given the mailbox holds "Lunch"
      And I move all messages, staying online
      When I restart the program
      Then the server heard no goodbye
      And the server holds "Lunch"
      And the Inbox shows "Lunch"

    Scenario: The progress of a copy
      Given the mailbox holds "Lunch"
      And the mailbox holds "Photos" of 400 KB
      And the mailbox holds "Invoice"
      And the server falls silent in the middle of "Photos"
      When I begin to copy all messages, then disconnecting
      Then the progress shows "copy all mail" (13), step "copying" (1)
      And the progress counts 3 messages, 2 to go
      And the progress shows a part of "Photos"
      And the progress shows the size of "Lunch", "Photos" and "Invoice" together
      When I cancel
      Then the Inbox shows "Invoice"

    Scenario: Another folder
      Given the mailbox holds "Invoice"
      And I collect mail in the folder "Bills"
      When I copy new messages, then disconnecting
      Then the folder "Bills" shows "Invoice"
      And the Inbox shows nothing

    @move
    Scenario: A folder that does not exist
      Given the mailbox holds "Invoice"
      And I collect mail in a folder that is not there
      When I move all messages, then disconnecting
      Then it fails with "not found", error -1
      And the server holds "Invoice"

    @move
    Scenario: Large messages are left on the server
      Given the mailbox holds "Lunch"
      And the mailbox holds "Photos" of 100 KB
      And I leave out messages above 50 KB
      When I move all messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch"
      And the server holds "Photos"

  Rule: A copy has everything that its message has

    Scenario: Copies of messages that are already complete
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I populate all messages
      When I copy all messages, while connected
      Then it succeeds
      And 2 messages came and 0 were there before
      And the Inbox shows these messages:
        | subject | state                 |
        | Lunch   | new, unread, complete |
        | Invoice | new, unread, complete |
      And the mailbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |
        | Invoice | unread, complete |
      And the server sent no message twice

    Scenario: A move of messages that are already complete
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I populate all messages
      When I move all messages, while connected
      Then the Inbox shows "Lunch" and "Invoice"
      And the mailbox shows nothing
      And the server sent no message twice
      When I disconnect
      Then the server holds nothing

    Scenario: A copy of a partial message is complete
      Given the mailbox holds "Photos" of 20 KB
      And I connect
      And I populate 3 lines of all messages
      When I copy all messages, while connected
      Then the Inbox shows these messages:
        | subject | state            | notice |
        | Photos  | unread, complete | -      |

    Scenario: The attachments of a message
      Given the mailbox holds these messages:
        | subject | with                      |
        | Photos  | attachment, high priority |
        | Party   | calendar, visiting card   |
      When I copy all messages, then disconnecting
      Then the Inbox shows these messages:
        | subject | state                 | carries                   |
        | Photos  | new, unread, complete | attachment, high priority |
        | Party   | new, unread, complete | calendar, visiting card   |

  Rule: Nothing is fetched twice

    Scenario: The same messages again
      Given the mailbox holds "Lunch" and "Invoice"
      And I copy all messages, then disconnecting
      And "Photos" arrives in the mailbox
      When I copy all messages, then disconnecting
      Then 1 message came and 2 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"
      And the server sent no message twice

    @move
    Scenario: A move of messages that were copied before
      Given the mailbox holds "Lunch" and "Invoice"
      And I copy all messages, then disconnecting
      When I move all messages, then disconnecting
      Then 0 messages came and 2 were there before
      And the Inbox shows "Lunch" and "Invoice"
      And the server holds nothing
      And the server sent no message twice

    Scenario: After the program was restarted
      Given the mailbox holds "Lunch" and "Invoice"
      And I copy all messages, then disconnecting
      When I restart the program
      And I copy all messages, then disconnecting
      Then 0 messages came and 2 were there before
      And the server sent no message twice

    Scenario: A copy that was deleted is fetched again on request
      Given the mailbox holds "Lunch"
      And I copy all messages, then disconnecting
      And I remove "Lunch" in the Inbox
      When I copy all messages, then disconnecting
      Then the Inbox shows "Lunch"

    Scenario: A server without unique-ids
      Given the server cannot name its messages
      And the mailbox holds "Lunch" and "Invoice"
      And I copy all messages, then disconnecting
      And "Photos" arrives in the mailbox
      When I copy all messages, then disconnecting
      Then 1 message came and 2 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"

    @move
    Scenario: Messages whose numbers on the server have changed
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I disconnect
      And I select "Photos"
      When another program deletes "Lunch"
      And I move selected messages, then disconnecting
      Then the Inbox shows "Photos"
      And the server holds "Invoice"

    @move
    Scenario: A large mailbox
      Given the mailbox holds 250 messages
      And I copy new messages, then disconnecting
      When I move all messages, then disconnecting
      Then it succeeds
      And 0 messages came and 250 were there before
      And the server holds nothing
      And the server sent no message twice

  Rule: The disk needs room for all missing messages

    Scenario: Only missing messages count
      Given the mailbox holds "Lunch"
      And the mailbox holds "Photos" of 300 KB
      And I connect
      And I populate all messages
      And the disk has room for 100 KB
      When I copy all messages, while connected
      Then it succeeds
      And the Inbox shows "Lunch" and "Photos"

    @behaviour-3
    Scenario: A full disk does not end the connection
      Given the mailbox holds "Photos" of 300 KB
      And I connect
      And the disk has room for 100 KB
      When I copy all messages, while connected
      Then it fails with "the disk is full", error -26
      And the account is connected
      And the Inbox shows nothing
