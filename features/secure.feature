@secure @behaviour-3
Feature: A protected connection
  An account can have its connection protected from the start, or by a request after the
  greeting. There is no fallback to an unprotected connection.

  Rule: Nobody can read a protected connection

    Scenario Outline: Protected <when>
      Given the account wants a line that is protected <when>
      And the mailbox holds "Lunch" and "Invoice"
      When I copy all messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch" and "Invoice"
      And the password could not be read on the way
      And the server heard a goodbye

      Examples:
        | when           |
        | on request     |
        | from the start |

    Scenario: Without protection anybody can read it
      When I connect
      Then it succeeds
      And the password could be read on the way

    Scenario: A plain login to another machine is allowed with protection
      Given the account wants a line that is protected on request
      And the server's certificate is for another name
      And I set "host" to "mail.example.org"
      When I connect
      Then it succeeds
      And the newest session used the plain login
      And the password could not be read on the way

    Scenario: Capabilities are requested again after the connection is protected
      Given the account wants a line that is protected on request
      And the server offers the logins "SCRAM-SHA-256"
      And the account uses the login SCRAM-SHA-256
      And the server once refuses the abilities
      When I connect
      Then it succeeds
      And the newest session used the login SCRAM-SHA-256

  Rule: The server proves its identity

    Scenario Outline: A certificate that is <certificate>, protected <when>
      Given the account wants a line that is protected <when>
      And the server's certificate is <certificate>
      When I connect
      Then it fails with "its certificate is not valid", error -185
      And the account is offline
      And the password could not be read on the way
      And the server heard no goodbye

      Examples:
        | certificate      | when           |
        | for another name | on request     |
        | for another name | from the start |
        | expired          | on request     |
        | expired          | from the start |
        | signed by nobody | on request     |
        | signed by nobody | from the start |

    @behaviour-10
    Scenario: The other name is the expected one
      Given the account wants a line that is protected from the start
      And the server's certificate is for another name
      When I connect
      Then it fails with "its certificate is not valid", error -185
      When I set "tls-name" to "mail.example.org"
      And I connect
      Then it succeeds

    Scenario: An account that does not check certificates
      Given the account wants a line that is protected on request
      And the server's certificate is signed by nobody
      And I set "tls-ca" to ""
      When I set "tls-insecure-skip-verify" to "true"
      And I connect
      Then it succeeds
      And the password could not be read on the way

    Scenario: A server with a trusted certificate
      Given the mailbox holds "Lunch"
      And the account wants a line that is protected on request
      And the server's certificate is trusted
      When I connect
      Then it succeeds

  Rule: There is no login when protection fails

    Scenario Outline: A server that cannot protect the connection <when>
      Given the account wants a line that is protected <when>
      And the server cannot protect the line
      When I connect
      Then it fails with "<text>", error <number>
      And the account is offline
      And the password could not be read on the way

      Examples:
        | when           | text                     | number |
        | on request     | the server refused TLS   | -185   |
        | from the start | the TLS handshake failed | -260   |

    Scenario Outline: A failure that happens once
      Given the account wants a line that is protected on request
      And the mailbox holds "Lunch"
      And <trouble>
      When I connect
      Then it fails with "<text>", error <number>
      And the account is offline
      And the password could not be read on the way
      When I connect
      Then it succeeds
      And the mailbox shows "Lunch"

      Examples:
        | trouble                                              | text                     | number |
        | the server once refuses the protection               | the server refused TLS   | -185   |
        | the line breaks once at the protection               | not connected            | -36    |
        | the line breaks once at the handshake                | not connected            | -36    |
        | the server once answers the protection with nonsense | the TLS handshake failed | -260   |
        | the server once answers the handshake with nonsense  | the TLS handshake failed | -260   |

    Scenario: A server that falls silent
      Given the account wants a line that is protected on request
      And I wait no longer than 1 second for the server
      And the server falls silent at the handshake
      When I connect
      Then it fails with "timed out", error -33
      And the account is offline
