@partial-download @behaviour-5
Feature: Fetching the beginning of messages
  The first lines of a long message can be fetched alone. The entry is then partial, and
  says how much is still on the server.

  Rule: A message with more lines on the server is partial

    Scenario: The first lines
      Given the mailbox holds these messages:
        | subject | lines |
        | Lunch   | 8     |
        | Photos  | 200   |
      And I connect
      When I populate 10 lines of all messages
      Then it succeeds
      And the progress shows "top-populating" (17), step "top-populating" (17)
      And 2 messages came and 0 were there before
      And the mailbox shows these messages:
        | subject | state                    | notice                                          |
        | Lunch   | new, unread, complete    | -                                               |
        | Photos  | unread, complete in part | [11 KB of this message are still on the server] |
      And "Lunch" and "Photos" in the mailbox show sender, date and size

    @behaviour-0
    Scenario: At least 1 KB always remains
      Given the mailbox holds these messages:
        | subject | lines |
        | Photos  | 11    |
      And I connect
      When I populate 10 lines of all messages
      Then the mailbox shows these messages:
        | subject | state                    | notice                                         |
        | Photos  | unread, complete in part | [1 KB of this message are still on the server] |

    Scenario: Exactly all lines of the message
      Given the mailbox holds these messages:
        | subject | lines |
        | Photos  | 10    |
      And I connect
      When I populate 10 lines of all messages
      Then the mailbox shows these messages:
        | subject | state                 | notice |
        | Photos  | new, unread, complete | -      |

    Scenario: No line
      Given the mailbox holds these messages:
        | subject | lines |
        | Photos  | 100   |
      And I connect
      When I populate 0 lines of all messages
      Then the mailbox shows these messages:
        | subject | state                    |
        | Photos  | unread, complete in part |

    Scenario: An attachment that is cut is left out
      Given the mailbox holds these messages:
        | subject | lines | with       |
        | Photos  | 10    | attachment |
      And I connect
      When I populate 20 lines of all messages
      Then the mailbox shows these messages:
        | subject | state                    | carries | notice                                         |
        | Photos  | unread, complete in part | -       | [5 KB of this message are still on the server] |
      When I populate all messages
      Then the mailbox shows these messages:
        | subject | state            | carries    | notice |
        | Photos  | unread, complete | attachment | -      |

    Scenario: Attachments that are whole are kept
      Given the mailbox holds these messages:
        | subject | lines | with                    |
        | Photos  | 10    | calendar, visiting card |
      And I connect
      When I populate 120 lines of all messages
      Then the mailbox shows these messages:
        | subject | state                    | carries                 |
        | Photos  | unread, complete in part | calendar, visiting card |

  Rule: The rest can be fetched later

    Background:
      Given the mailbox holds these messages:
        | subject | lines |
        | Lunch   | 5     |
        | Photos  | 200   |
      And I connect
      And I populate 10 lines of all messages

    Scenario: More lines of a partial message are not fetched
      When I populate 100 lines of all messages
      Then it succeeds
      And 0 messages came and 2 were there before

    Scenario: The whole message replaces its beginning
      When I populate all messages
      Then it succeeds
      And 1 message came and 1 were there before
      And the mailbox shows these messages:
        | subject | state                 | notice |
        | Lunch   | new, unread, complete | -      |
        | Photos  | unread, complete      | -      |

    Scenario: A move takes the whole message
      When I move all messages, while connected
      Then the Inbox shows these messages:
        | subject | state                 | notice |
        | Lunch   | new, unread, complete | -      |
        | Photos  | unread, complete      | -      |
      When I disconnect
      Then the server holds nothing

    Scenario: The connection breaks while the rest is fetched
      Given the line breaks once in the middle of "Photos"
      When I populate all messages
      Then it fails with "not connected", error -36
      When I connect
      Then the mailbox shows these messages:
        | subject | state            | notice                                          |
        | Lunch   | complete         | -                                               |
        | Photos  | complete in part | [11 KB of this message are still on the server] |

  Rule: Failures are reported

    Scenario: Nobody is connected
      When I populate 10 lines of all messages
      Then it fails with "not connected", error -36

    @behaviour-0
    Scenario: A server that cannot send the beginning of messages
      Given the server cannot send headers alone
      And the mailbox holds these messages:
        | subject | lines |
        | Photos  | 200   |
      And I connect
      When I populate 10 lines of all messages
      Then it succeeds
      And the mailbox shows these messages:
        | subject | state                 | notice |
        | Photos  | new, unread, complete | -      |
      And the server sent no message twice
