@status @behaviour-0
Feature: Asking for the status
  A program can ask at any time whether it is connected and whether a command runs, and
  a connection that ends by itself says why.

  Rule: Questions are answered correctly and at once

    @behaviour-1
    Scenario: Connected or not
      When I ask whether I am connected
      Then it fails with "not connected", error -36
      When I connect
      And I ask whether I am connected
      Then it succeeds
      When I disconnect
      And I ask whether I am connected
      Then it fails with "not connected", error -36

    @behaviour-1
    Scenario: Busy or not
      Given the mailbox holds "Lunch"
      And I connect
      When I ask whether it is busy
      Then it succeeds
      Given the server falls silent in the middle of "Lunch"
      When I begin to copy all messages, while connected
      And I ask whether it is busy
      Then it fails with "busy with another operation", error -16
      When I ask whether I am connected
      Then it succeeds
      When I cancel
      And I ask whether it is busy
      Then it succeeds

    @behaviour-1
    Scenario Outline: While one command runs another one is refused: I <command>
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch"
      And I connect
      And I select "Lunch"
      And the server falls silent in the middle of "Lunch"
      And I begin to populate all messages
      When I <command>
      Then it fails with "busy with another operation", error -16
      When I cancel
      Then what I began fails with "cancelled", error -3

      Examples:
        | command                                     |
        | connect                                     |
        | copy all messages, while connected          |
        | move new messages, then disconnecting       |
        | populate selected messages                  |
        | delete selected messages                    |
        | take back what waits for selected messages |

  Rule: Only one program at a time uses the mailbox

    @behaviour-0
    Scenario: Another program has the mailbox
      Given the mailbox holds "Lunch"
      And another program opens the account
      When I ask whether I am connected
      Then it succeeds
      When I ask whether it is busy
      Then it succeeds
      When I copy all messages, then disconnecting
      Then it fails with "in use", error -14
      And the Inbox shows nothing
      When another program leaves the account
      And I ask whether I am connected
      Then it fails with "not connected", error -36
      When I copy all messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch"

    @behaviour-0 @behaviour-6
    Scenario: My operations are then carried out by the program that has the mailbox
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch" and "Photos"
      And I connect
      And I disconnect
      And another program opens the account
      And I select "Lunch"
      When I delete selected messages
      Then it succeeds
      And the server holds "Lunch" and "Photos"
      When another program leaves the account
      Then the server holds "Photos"

  Rule: A connection that ends by itself is noticed

    @behaviour-3
    Scenario: The server closes the connection
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch"
      And I connect
      When the line breaks while nothing happens
      Then the connection fails with "not connected", error -36
      And the account is offline
      And the mailbox shows "Lunch"
      When I ask whether I am connected
      Then it fails with "not connected", error -36
      When I connect
      Then it succeeds
      And the account is connected

    @behaviour-3
    Scenario: Entries then hide, as at the end of a session
      Given the mailbox holds "Lunch"
      And I connect
      When the line breaks while nothing happens
      Then the connection fails with "not connected", error -36
      And the mailbox shows nothing
      When I copy all messages, while connected
      Then it fails with "not connected", error -36
      When I disconnect
      Then it succeeds
      When I connect
      Then the mailbox shows "Lunch"

  Rule: Progress shows the last step

    @behaviour-9
    Scenario: After a connect the progress stays at the refresh
      Given the mailbox holds "Lunch"
      When I connect
      Then the progress shows "refreshing" (0), step "refreshing" (0)
      And the progress counts 1 message, 0 to go

    @behaviour-9
    Scenario Outline: After a failure the progress stays at the failed step: <trouble>
      Given the mailbox holds "Lunch"
      And the server once refuses the <trouble>
      When I copy all messages, then disconnecting
      Then it fails with "<text>", error <number>
      And the progress shows "copy all mail" (13), step "<step>" (<step number>)

      Examples:
        | trouble       | text                              | number | step       | step number |
        | connection    | cannot connect                    | -170   | connecting | 3           |
        | password      | the server refused the login      | -172   | connecting | 3           |
        | message count | the server answered with an error | -174   | refreshing | 0           |

    @behaviour-9 @behaviour-7
    Scenario: After a disconnect the progress shows it
      Given I connect
      When I disconnect
      Then it succeeds
      And the progress shows "disconnecting" (6), step "disconnecting" (6)
