@sending @behaviour-13 @behaviour-10
Feature: Sending on the next connection
  Mail that I write waits in the Outbox. When I connect, it is sent once, while I get my
  mail, and moves to Sent; mail that cannot be sent stays in the Outbox with the reason.

  Background:
    Given the mailbox holds "Lunch"
    And mail can be sent
    And I write a new message into the Outbox:
      | to      | ben@example.org |
      | subject | Plan            |

  Rule: A connect sends, when the account wants that

    Background:
      Given I set "autosend" to "true"

    Scenario: Connecting
      When I connect
      Then it succeeds
      And the server for sending got "Plan"
      And the Outbox shows nothing
      And the Sent shows "Plan"
      And "Plan" in the Sent says:
        | state | sent |

    Scenario: Getting mail, which connects
      When I copy new messages, then disconnecting
      Then it succeeds
      And the server for sending got "Plan"
      And the Inbox shows "Lunch"

    Scenario: Connecting twice sends once
      When I connect
      And I disconnect
      And the server for sending got "Plan"
      And I connect
      Then the server for sending got "Plan"

    Scenario: Connecting does not fail because sending does
      Given the server for sending goes away while it is greeted
      When I connect
      Then it succeeds
      And the server for sending got nothing
      And "Plan" in the Outbox says:
        | state | waiting |

    Scenario: Mail is sent although the login to the mailbox fails
      Given I set these:
        | password        | wrong |
        | smtp-auth       | none  |
      When I connect
      Then it fails with "login", error -172
      And the server for sending got "Plan"

    Scenario: Disconnecting sends nothing
      Given I set "autosend" to "false"
      And I connect
      And I set "autosend" to "true"
      When I disconnect
      Then it succeeds
      And the server for sending got nothing

    Scenario: Getting mail while connected sends nothing
      Given I set "autosend" to "false"
      And I connect
      And I set "autosend" to "true"
      When I copy new messages, while connected
      Then the server for sending got nothing

  Rule: Without the setting nothing is sent automatically

    Scenario: Connecting
      When I connect
      Then it succeeds
      And the server for sending got nothing
      And the Outbox shows "Plan"

  Rule: Which mail is sent

    Scenario Outline: Mail that is <state> <goes>
      Given "Plan" in the Outbox is "<state>"
      When I send what waits
      Then the server for sending got <list>

      Examples:
        | state        | goes     | list    |
        | scheduled    | goes out | "Plan"  |
        | resend       | goes out | "Plan"  |
        | suspended    | stays    | nothing |
        | upon-request | stays    | nothing |
        | failed       | stays    | nothing |

    Scenario: Mail that I hold back stays until I release it
      Given "Plan" in the Outbox is "suspended"
      When I send what waits
      Then it fails with "nothing waits", error -245
      Given "Plan" in the Outbox is "waiting"
      And I send what waits
      Then it succeeds
      And the server for sending got "Plan"

    Scenario: Mail that I name is sent whatever its state
      Given "Plan" in the Outbox is "suspended"
      When I send "Plan" whatever waits
      Then the server for sending got "Plan"

    Scenario: Several programs send a message only once
      Given I write a new message into the Outbox:
        | to      | eve@example.org |
        | subject | Party           |
      When several programs send what waits
      Then the server for sending got "Plan" and "Party"
      And the Sent shows "Plan" and "Party"

  Rule: Mail that is not sent stays, and is sent next time

    Scenario Outline: The server <refusal>
      Given the server for sending <refusal>
      When I send what waits
      Then it fails with "<why>", error <number>
      And "Plan" in the Outbox says:
        | state  | waiting    |
        | failed | yes, <ends> |
      When I send what waits
      Then it succeeds
      And the Sent shows "Plan"

      Examples:
        | refusal                      | why          | number | ends             |
        | refuses the sender           | not today    | -242   | 451 not today    |
        | refuses the message          | not today    | -2     | 451 not today    |
        | breaks the line in a message | EOF          | -36    | EOF              |

    Scenario: Mail that is refused permanently is not tried again before I ask
      Given the server for sending refuses "ben@example.org"
      When I send what waits
      Then it fails with "no such user", error -21
      And "Plan" in the Outbox says:
        | state  | failed                |
        | failed | yes, 550 no such user |
      When I send what waits
      Then it fails with "nothing waits to be sent", error -245
      And the Outbox shows "Plan"
      Given "Plan" in the Outbox is "waiting"
      When I send what waits
      Then the Sent shows "Plan"

    Scenario: One recipient is refused, and the other gets the message once
      Given I write a new message into the Outbox:
        | to      | eve@example.org, cleo@example.org |
        | subject | Party                             |
      And the server for sending refuses "eve@example.org"
      When I send what waits
      Then it fails with "eve@example.org: 550 no such user", error -21
      And "Party" in the Outbox says:
        | has it | cleo@example.org |
      Given "Party" in the Outbox is "waiting"
      When I send what waits
      Then the server for sending got "Plan", "Party" and "Party"
      And "Party" in the Sent says:
        | has it | eve@example.org, cleo@example.org |

    Scenario: A lost answer causes a second copy
      Given the server for sending loses its answer to a message
      When I send what waits
      Then it fails with "may have been delivered", error -36
      When I send what waits
      Then the server for sending got "Plan" and "Plan"

    Scenario: A message that cannot be sent does not stop the rest
      Given I write a new message into the Outbox:
        | to      | eve@example.org |
        | subject | Party           |
      And the server for sending breaks the line in a message
      When I send what waits
      Then the server for sending got "Party"
      And the Outbox shows "Plan"

    Scenario: A refused login is final
      Given I set these:
        | smtp-auth        | auto  |
        | smtp-inbox-login | true  |
      And the server for sending refuses the login
      When I send what waits
      Then it fails with "not today", error -244
      And "Plan" in the Outbox says:
        | state  | waiting |
        | failed | -       |
      When I send what waits
      Then the server for sending got "Plan"
