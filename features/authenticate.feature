@authenticate @behaviour-3
Feature: Logging in
  One login method is chosen before anything is sent. A refusal by the server is final:
  no weaker method follows.

  Rule: A refused login is final

    @rfc1939-7
    Scenario: A login that does not send the password
      Given the account uses the secure login
      And the mailbox holds "Lunch"
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch"

    Scenario Outline: The wrong <setting>
      Given I set "<setting>" to "wrong"
      When I connect
      Then it fails with "the server refused the login", error -172
      And the account is offline
      When I set "<setting>" to "<right>"
      And I connect
      Then it succeeds

      Examples:
        | setting  | right     |
        | user     | demo      |
        | password | gull-rock |

    Scenario: The wrong password, securely
      Given the account uses the secure login
      And I set "password" to "wrong"
      When I connect
      Then it fails with "the server refused the", error -177
      And the account is offline

    Scenario: A secure login that the server does not offer
      Given the server cannot hide the password
      And the account uses the secure login
      When I connect
      Then it fails with "has no timestamp", error -173
      And the account is offline

    @rfc1939-4
    Scenario: Another program uses the mailbox
      Given the mailbox holds "Lunch"
      And another program opens the mailbox
      When I connect
      Then it fails with "in use", error -14
      And the account is offline
      When another program leaves the mailbox
      And I connect
      Then it succeeds
      And the mailbox shows "Lunch"

    @behaviour-0
    Scenario: No weaker login follows a refusal
      Given the server offers the logins "CRAM-MD5" and "PLAIN"
      And the account uses the best login
      And the server once refuses the proof
      When I connect
      Then it fails with "the server refused the login", error -172
      And the newest session used the login CRAM-MD5
      And the password could not be read on the way
      And the account is offline
      When I connect
      Then it succeeds

    Scenario: The connection breaks instead of an answer
      Given the server offers the logins "SCRAM-SHA-256" and "PLAIN"
      And the account uses the best login
      And the line breaks once at the proof
      When I connect
      Then it fails with "not connected", error -36
      And the password could not be read on the way
      When I connect
      Then it succeeds

  Rule: Every login method works, and some show the password to eavesdroppers

    Scenario Outline: The login <name>
      Given the server offers the logins "<name>"
      And the account uses the login <name>
      And the mailbox holds "Lunch"
      When I copy all messages, then disconnecting
      Then it succeeds
      And the newest session used the login <name>
      And the password <could> be read on the way
      And the Inbox shows "Lunch"

      Examples: with the password
        | name          | could     |
        | PLAIN         | could     |
        | LOGIN         | could     |
        | CRAM-MD5      | could not |
        | SCRAM-SHA-1   | could not |
        | SCRAM-SHA-256 | could not |

      Examples: with a token
        | name        | could |
        | XOAUTH2     | could |
        | OAUTHBEARER | could |

    Scenario Outline: The wrong password with the login <name>
      Given the server offers the logins "<name>"
      And the account uses the login <name>
      And I set "password" to "wrong"
      When I connect
      Then it fails with "the server refused the login", error -172
      And the account is offline

      Examples:
        | name          |
        | PLAIN         |
        | LOGIN         |
        | CRAM-MD5      |
        | SCRAM-SHA-256 |

    Scenario Outline: The server refuses the login <name> from the start
      Given the server offers the logins "<name>"
      And the account uses the login <name>
      And the server once refuses the login
      When I connect
      Then it fails with "the server refused the <what>", error <number>
      And the password <could> be read on the way

      Examples:
        | name     | what      | number | could     |
        | CRAM-MD5 | user name | -171   | could not |
        | LOGIN    | user name | -171   | could not |
        | PLAIN    | login     | -172   | could     |

    Scenario: A prompt that no client can answer
      Given the server offers the logins "LOGIN"
      And the account uses the login LOGIN
      And the server once answers the login with a prompt that nobody knows
      When I connect
      Then it fails with "not supported", error -5
      And the password could not be read on the way

    Scenario: A login that the server does not offer
      Given the server offers the logins "LOGIN" and "PLAIN"
      And the account uses the login CRAM-MD5
      When I connect
      Then it fails with "the server offers LOGIN PLAIN", error -178
      And the password could not be read on the way
      And the account is offline

  Rule: The best login is the strongest that the server offers

    @behaviour-0
    Scenario Outline: The server offers <offered>
      Given the server offers the logins <offered>
      And the account uses the best login
      When I connect
      Then it succeeds
      And the newest session used <login>

      Examples:
        | offered                                 | login                   |
        | "PLAIN", "CRAM-MD5" and "SCRAM-SHA-256" | the login SCRAM-SHA-256 |
        | "PLAIN", "CRAM-MD5" and "SCRAM-SHA-1"   | the login SCRAM-SHA-1   |
        | "LOGIN", "PLAIN" and "CRAM-MD5"         | the login CRAM-MD5      |
        | "LOGIN" and "PLAIN"                     | the login PLAIN         |
        | "LOGIN" and "A-LOGIN-OF-TOMORROW"       | the login LOGIN         |
        | nothing                                 | the plain login         |

    @behaviour-0
    Scenario: On an unprotected connection, a login that hides the password
      Given I set "host" to "mail.example.org"
      And the account uses the best login
      When I connect
      Then it succeeds
      And the newest session used the secure login
      And the password could not be read on the way

    @behaviour-0
    Scenario: On an unprotected connection, no login rather than a readable password
      Given the server cannot hide the password
      And the server offers the logins "PLAIN" and "LOGIN"
      And I set "host" to "mail.example.org"
      And the account uses the best login
      When I connect
      Then it fails with "in clear text; choose tls", error -178
      And the password could not be read on the way
      When I set "allow-plaintext" to "true"
      And I connect
      Then it succeeds
      And the password could be read on the way

  Rule: A server can say why it refuses

    Scenario Outline: A server that names <reason>
      Given the server once answers the password with <reason>
      When I connect
      Then it fails with "<text>", error <number>
      And the account is offline
      When I connect
      Then it succeeds

      Examples:
        | reason                       | text                              | number |
        | the wrong password as reason | the server refused the login      | -172   |
        | a locked mailbox as reason   | in use                            | -14    |
        | haste as reason              | the server answered with an error | -174   |
        | a fault of its own as reason | the server answered with an error | -174   |
