@entry-information @behaviour-11
Feature: Information in an entry
  An entry shows the sender, the date and the subject, the attachments of the message,
  how much of it is stored, and which operations wait for it.

  Rule: Information from the header

    @behaviour-4
    Scenario: Sender, subject and date
      Given the mailbox holds these messages:
        | subject       | sender                | date                      |
        | Lunch at noon | Ann <ann@example.org> | 2024-03-01T10:00:00+01:00 |
        | Invoice       | ben@example.org       | 2024-12-31T23:30:00-05:00 |
      When I connect
      Then the mailbox shows these messages:
        | subject       | sender                | date                 | state       | carries |
        | Lunch at noon | Ann <ann@example.org> | 2024-03-01T09:00:00Z | new, unread | -       |
        | Invoice       | ben@example.org       | 2025-01-01T04:30:00Z | new, unread | -       |

    @behaviour-4
    Scenario: The date of arrival counts before the date in the message
      Given the mailbox holds these messages:
        | subject | date                 | arrived                   |
        | Lunch   | 2030-01-01T00:00:00Z | 2024-03-01T10:00:00+01:00 |
        | Invoice | 2024-03-01T12:00:00Z |                           |
      When I connect
      Then the mailbox shows these messages:
        | subject | date                 |
        | Lunch   | 2024-03-01T09:00:00Z |
        | Invoice | 2024-03-01T12:00:00Z |

    @behaviour-4
    Scenario: A message without a sender has an entry too
      Given the mailbox holds these messages:
        | subject | sender |
        | Lunch   | -      |
      When I connect
      Then it succeeds
      And the mailbox shows these messages:
        | subject | sender | state       |
        | Lunch   |        | new, unread |

    @behaviour-4
    Scenario: Priority and a request for a receipt
      Given the mailbox holds these messages:
        | subject | with                           |
        | Lunch   | high priority, receipt request |
        | Invoice | low priority                   |
        | Photos  | attachment                     |
      When I connect
      Then the mailbox shows these messages:
        | subject | carries                        |
        | Lunch   | receipt request, high priority |
        | Invoice | low priority                   |
        | Photos  | -                              |

  Rule: Information from the whole message

    Scenario Outline: A message with: <with>
      Given the mailbox holds these messages:
        | subject | with   |
        | Party   | <with> |
      When I copy all messages, staying online
      And I populate all messages
      Then the Inbox shows these messages:
        | subject | state                 | carries |
        | Party   | new, unread, complete | <with>  |
      And the mailbox shows these messages:
        | subject | state            | carries |
        | Party   | unread, complete | <with>  |

      Examples:
        | with                                |
        | -                                   |
        | attachment                          |
        | web page                            |
        | calendar                            |
        | old calendar                        |
        | visiting card                       |
        | attachment, calendar, visiting card |

    Scenario: Signed and encrypted messages
      Given the mailbox holds these messages:
        | subject | with       |
        | Invoice | signature  |
        | Secret  | encryption |
      When I copy all messages, then disconnecting
      Then the Inbox shows these messages:
        | subject | carries    |
        | Invoice | signature  |
        | Secret  | encryption |

  Rule: Flags show what happened

    Scenario: From new to gone
      Given the account shows its mailbox offline too
      And the mailbox holds these messages:
        | subject | lines |
        | Photos  | 100   |
      When I connect
      Then the mailbox shows these messages:
        | subject | state       |
        | Photos  | new, unread |
      When I populate 3 lines of all messages
      Then the mailbox shows these messages:
        | subject | state                    |
        | Photos  | unread, complete in part |
      When I read "Photos" in the mailbox
      And I populate all messages
      Then the mailbox shows these messages:
        | subject | state    |
        | Photos  | complete |
      When I select "Photos"
      And I delete selected messages
      Then the mailbox shows these messages:
        | subject | state                   |
        | Photos  | complete, to be deleted |
      When I disconnect
      Then the mailbox shows nothing

    Scenario: The account shows whether it is connected, and how many messages the server has
      Given the mailbox holds "Lunch" and "Invoice"
      When I connect
      Then the account is connected
      And the account counts 2 messages on the server
      When I disconnect
      Then the account is offline
      And the account counts 2 messages on the server

    Scenario: A copy is an entry of its own
      Given the mailbox holds "Lunch"
      And I copy all messages, staying online
      When I read "Lunch" in the Inbox
      Then the unread messages in the Inbox are nothing
      And the unread messages in the mailbox are "Lunch"
