@connect @behaviour-3
Feature: Connecting to the mailbox
  To connect is to log in and to list the mailbox: one entry for each message, before
  any message is fetched.

  Rule: Entries show the messages on the server

    @rfc1939-4
    Scenario: The first time
      Given the mailbox holds "Lunch" and "Invoice"
      When I connect
      Then it succeeds
      And the account is connected
      And the mailbox shows "Lunch" and "Invoice"
      And "Lunch" and "Invoice" in the mailbox show sender, date and size
      And the new messages in the mailbox are "Lunch" and "Invoice"
      And the unread messages in the mailbox are "Lunch" and "Invoice"
      And the account counts 2 messages on the server
      And the Inbox shows nothing
      And the progress shows "refreshing" (0), step "refreshing" (0)
      And the progress counts 2 messages, 0 to go

    Scenario: An empty mailbox
      Given the mailbox holds nothing
      When I connect
      Then it succeeds
      And the mailbox shows nothing
      And the account counts 0 messages on the server

  @behaviour-4
  Rule: Offline the mailbox is hidden, unless the account wants it shown

    Scenario: Entries hide when the session ends
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      When I disconnect
      Then it succeeds
      And the account is offline
      And the mailbox shows nothing
      When I connect
      Then the mailbox shows "Lunch" and "Invoice"
      And the new messages in the mailbox are nothing
      And the unread messages in the mailbox are nothing

    Scenario: Entries stay as they are in the disconnected mode
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I read "Lunch" in the mailbox
      When I disconnect
      Then the mailbox shows "Lunch" and "Invoice"
      And the unread messages in the mailbox are "Invoice"
      And the account is offline
      When I connect
      Then the unread messages in the mailbox are "Invoice"

    Scenario: A program that is closed without a goodbye
      Given the mailbox holds "Lunch"
      And I connect
      When I restart the program
      Then the account is offline
      And the mailbox shows nothing
      And the server heard no goodbye
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch"

  Rule: A failure is reported once and leaves the account offline; the next connect works

    Background:
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I disconnect
      And "Photos" arrives in the mailbox

    Scenario Outline: The server refuses the <part>
      Given the server once refuses the <part>
      When I connect
      Then it fails with "<text>", error <number>
      And the account is offline
      And the server heard no goodbye
      And the mailbox shows "Lunch" and "Invoice"
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"
      And the new messages in the mailbox are "Photos"

      Examples:
        | part          | text                              | number |
        | connection    | cannot connect                    | -170   |
        | user name     | the server refused the user name  | -171   |
        | password      | the server refused the login      | -172   |
        | message count | the server answered with an error | -174   |
        | message list  | the server answered with an error | -174   |

    Scenario Outline: The connection breaks at the <part>
      Given the line breaks once at the <part>
      When I connect
      Then it fails with "not connected", error -36
      And the account is offline
      And the mailbox shows "Lunch" and "Invoice"
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"
      And the new messages in the mailbox are "Photos"

      Examples:
        | part          |
        | connection    |
        | user name     |
        | password      |
        | message count |
        | message list  |
        | message names |

    Scenario Outline: An invalid answer at the <part>
      Given the server once answers the <part> with nonsense
      When I connect
      Then it fails with "the server answered with an error", error -174
      And the account is offline
      And the mailbox shows "Lunch" and "Invoice"
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"

      Examples:
        | part          |
        | connection    |
        | password      |
        | message count |
        | message list  |
        | message names |

    Scenario: The connection breaks while headers arrive
      Given "Party" arrives in the mailbox
      And the line breaks once in the header of "Photos"
      When I connect
      Then it fails with "not connected", error -36
      And the mailbox shows "Lunch" and "Invoice"
      When I connect
      Then the mailbox shows "Lunch", "Invoice", "Photos" and "Party"
      And the new messages in the mailbox are "Photos" and "Party"

    Scenario: Unique-ids that the server does not list this time
      Given the server once refuses the message names
      When I connect
      Then it fails with "try again later, or set ignore-uidl", error -174
      And the account is offline
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"

    Scenario: A full disk
      Given the disk has room for 10 KB
      When I connect
      Then it fails with "the disk is full", error -26
      And the account is offline
      When the disk has plenty of room
      And I connect
      Then it succeeds
      And the mailbox shows "Lunch", "Invoice" and "Photos"

  Rule: The user is not left waiting

    Scenario: Nobody answers
      Given nobody answers at the server's address
      When I connect
      Then it fails with "cannot connect", error -170
      And the account is offline
      And the progress shows "connecting" (3), step "connecting" (3)

    Scenario: A host name that does not exist
      Given nobody knows the server's name
      When I connect
      Then it fails with "host name was not found", error -180
      And the account is offline

    Scenario: A server that accepts the connection and says nothing
      Given I wait no longer than 1 second for the server
      And the server falls silent at the connection
      When I connect
      Then it fails with "timed out", error -33
      And the account is offline

    Scenario: I cancel while connecting
      Given the mailbox holds "Lunch"
      And the server falls silent at the password
      When I begin to connect
      Then the progress shows "connecting" (3), step "connecting" (3)
      When I cancel
      Then what I began fails with "cancelled", error -3
      And the account is offline
      And the server heard no goodbye
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch"

  Rule: One connection, one command at a time

    Scenario: Connecting twice
      Given I connect
      When I connect
      Then it fails with "already connected", error -214
      And the account is connected

    Scenario: A second command while one runs
      Given the server falls silent at the password
      And I begin to connect
      When I connect
      Then it fails with "busy with another operation", error -16
      When I disconnect
      Then it succeeds
      And what I began fails with "cancelled", error -3
      And the account is offline

    @rfc1939-6
    Scenario: Disconnecting
      Given I connect
      When I disconnect
      Then it succeeds
      And the account is offline
      And the server heard a goodbye

    Scenario: Disconnecting when there is no connection
      Given I connect
      And I disconnect
      When I disconnect
      Then it succeeds
      And the account is offline

    Scenario: A server that refuses the goodbye
      Given I connect
      And the server once refuses the goodbye
      When I disconnect
      Then it succeeds
      And the account is offline
