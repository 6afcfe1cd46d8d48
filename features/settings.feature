@settings @behaviour-10
Feature: Settings of an account
  Settings are stored with the account, checked when they are changed, and take effect
  at the next connect.

  Rule: Every setting has a default

    Scenario: A new account
      Given I connect
      Then the settings are:
        | port                     | 110         |
        | tls                      | none        |
        | tls-ca                   |             |
        | tls-name                 |             |
        | user                     | demo        |
        | auth-unlisted            | false       |
        | ignore-uidl              | false       |
        | allow-plaintext          | false       |
        | sync-limit               | -1          |
        | disconnected-mode        | false       |
        | bearer-mobility          | false       |
        | autosend                 | false       |
        | get-mail-options         | messages    |
        | max-email-size           | 0           |
        | max-message              | 2147483648  |
        | max-time                 | 0s          |
        | min-rate                 | 0           |
        | population-limit         | -1          |
        | smtp-port                | 25          |
        | smtp-send                | immediately |
        | smtp-copy-to-self        | no          |
        | smtp-inbox-login         | false       |
        | smtp-to-cc-include-limit | 0           |

  Rule: A setting is kept

    Scenario Outline: <name>
      When I set "<name>" to "<value>"
      Then it succeeds
      When I restart the program
      Then the settings are:
        | <name> | <value> |

      Examples: the mailbox
        | name              | value             |
        | host              | mail.example.org  |
        | port              | 995               |
        | user              | Ann               |
        | auth              | cram-md5,userpass |
        | allow-plaintext   | true              |
        | sync-limit        | 50                |
        | disconnected-mode | true              |
        | bearer-mobility   | true              |
        | autosend          | true              |
        | get-mail-options  | headers           |
        | max-email-size    | 2097152           |
        | max-message       | 1048576           |
        | max-time          | 10m0s             |
        | min-rate          | 1024              |
        | population-limit  | 100               |
        | tls               | stls              |

    Scenario: Outgoing mail
      When I set these:
        | smtp-host             | mail.example.org   |
        | smtp-port             | 587                |
        | smtp-tls              | starttls           |
        | smtp-from             | ann@example.org    |
        | smtp-inbox-login      | true               |
        | smtp-auth             | auto               |
        | smtp-send             | on-next-connection |
        | smtp-copy-to-self     | bcc                |
        | smtp-signature        | Ann, Gull Rock     |
        | smtp-request-receipts | true               |
        | smtp-reply-to         | gulls@example.org  |
      Then it succeeds
      When I restart the program
      Then the settings are:
        | smtp-host             | mail.example.org   |
        | smtp-port             | 587                |
        | smtp-tls              | starttls           |
        | smtp-from             | ann@example.org    |
        | smtp-inbox-login      | true               |
        | smtp-auth             | auto               |
        | smtp-send             | on-next-connection |
        | smtp-copy-to-self     | bcc                |
        | smtp-signature        | Ann, Gull Rock     |
        | smtp-request-receipts | true               |
        | smtp-reply-to         | gulls@example.org  |

  Rule: An invalid setting is refused, and nothing changes

    Scenario Outline: <name> as "<value>"
      When I set "<name>" to "<value>"
      Then it fails with "<text>", error -6
      And the settings are:
        | <name> | <before> |

      Examples:
        | name              | value            | before    | text                   |
        | host              |                  | 127.0.0.1 | host is missing        |
        | user              |                  | demo      | user name is missing   |
        | port              | 0                | 110       | between 1 and 65535    |
        | port              | 65536            | 110       | between 1 and 65535    |
        | port              | pop              | 110       | is not a whole number  |
        | auth              | magic            | userpass  | magic                  |
        | auth              | xoauth2          | userpass  | token                  |
        | tls               | maybe            | none      | maybe                  |
        | tls-name          | mail.example.org |           | need tls               |
        | sync-limit        | -2               | -1        | sync limit -2          |
        | get-mail-options  | some             | messages  | some                   |
        | max-email-size    | -1               | 0         | -1                     |
        | population-limit  | -2               | -1        | -2                     |
        | disconnected-mode | perhaps          | false     | neither true nor false |
        | bearer-mobility   | 5m               | false     | neither true nor false |

    Scenario Outline: Outgoing mail: <name> as "<value>"
      When I set these:
        | smtp-host | mail.example.org |
        | smtp-from | ann@example.org  |
        | <name>    | <value>          |
      Then it fails with "<name>", error -6
      And the settings are:
        | smtp-host |  |
        | smtp-from |  |

      Examples:
        | name              | value    |
        | smtp-port         | 0        |
        | smtp-send         | tomorrow |
        | smtp-copy-to-self | perhaps  |
        | smtp-reply-to     | nobody   |
        | smtp-auth         | magic    |

    Scenario: An unknown setting
      When I set "colour" to "red"
      Then it fails with "unknown setting", error -6

  Rule: A change takes effect at the next connect

    Scenario: In the middle of a connection
      Given the mailbox holds 3 messages
      And I connect
      When I set "sync-limit" to "1"
      Then the mailbox shows "Message 1", "Message 2" and "Message 3"
      When I disconnect
      And I connect
      Then the mailbox shows "Message 3"

    Scenario: A wrong user name is noticed at the next connect
      Given I connect
      When I set "user" to "Ann"
      Then it succeeds
      And the account is connected
      When I disconnect
      And I connect
      Then it fails with "the server refused the login", error -172

    Scenario: Protection does not change the port
      When I set "tls" to "implicit"
      Then the settings are:
        | tls  | implicit |
        | port | 110      |

    Scenario: One kind of protection replaces the other
      Given I set "tls" to "stls"
      When I set "tls" to "implicit"
      Then the settings are:
        | tls | implicit |

  Rule: A password need not be stored

    @behaviour-0
    Scenario: A program prints the password
      Given I set "password" to ""
      When I set "password-command" to "echo gull-rock"
      And I connect
      Then it succeeds

    @behaviour-0
    Scenario: A program that does not print a password
      Given I set "password" to ""
      When I set "password-command" to "exit 3"
      And I connect
      Then it fails with "password", error -178
      And the password could not be read on the way

    @behaviour-0
    Scenario: Two sources of a password are refused
      When I set "password-env" to "PASSWORD"
      Then it fails with "password", error -6

  Rule: Limits for programs do not change what a command does

    @behaviour-1
    Scenario: The largest message to fetch
      Given the mailbox holds "Photos" of 20 KB
      And I set "max-email-size" to "1000"
      When I copy all messages, then disconnecting
      Then the Inbox shows "Photos"

    @behaviour-1
    Scenario: The lines to populate
      Given the mailbox holds "Photos" of 20 KB
      And I set "population-limit" to "3"
      And I connect
      When I populate all messages
      Then the mailbox shows these messages:
        | subject | state                 | notice |
        | Photos  | new, unread, complete | -      |

    @behaviour-1
    Scenario: What get mail fetches
      Given the mailbox holds "Photos"
      And I set "get-mail-options" to "headers"
      When I copy all messages, then disconnecting
      Then the Inbox shows "Photos"
