Feature: A client of my own
  The steps about the server and its mailbox are those of pop3mtm; the step about my client is my own.

  Scenario: It counts what the mailbox holds
    Given the mailbox holds "Lunch", "Invoice" and "Photos"
    When my client asks how many messages there are
    Then my client shows 3
    And the server holds "Lunch", "Invoice" and "Photos"
    And the server heard a goodbye

  Scenario: A refused login is an error
    Given the server once refuses the password
    When my client asks how many messages there are
    Then my client shows an error
