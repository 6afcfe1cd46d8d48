@populate @behaviour-5
Feature: Populating
  To populate is to fetch messages into the mailbox itself: its entries get their text
  and attachments, the server keeps the messages, and no folder is needed.

  Rule: Populated entries hold the whole message

    @behaviour-0
    Scenario: All messages
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      When I populate all messages
      Then it succeeds
      And 2 messages came and 0 were there before
      And the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | new, unread, complete |
        | Invoice | new, unread, complete |
      And "Lunch" and "Invoice" in the mailbox show sender, date and size
      And the Inbox shows nothing
      And the account is connected
      When I disconnect
      Then the server holds "Lunch" and "Invoice"

    Scenario Outline: <which> messages
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I disconnect
      And "Photos" arrives in the mailbox
      And I connect
      And I select "Invoice"
      When I populate <which> messages
      Then it succeeds
      And the mailbox shows these messages:
        | subject | state     |
        | Lunch   | <lunch>   |
        | Invoice | <invoice> |
        | Photos  | <photos>  |

      Examples:
        | which    | lunch            | invoice          | photos                |
        | new      | unread           | unread           | new, unread, complete |
        | selected | unread           | unread, complete | new, unread           |
        | all      | unread, complete | unread, complete | new, unread, complete |

    @behaviour-1
    Scenario: New messages are new only once
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch"
      And I connect
      And I disconnect
      And I connect
      When I populate new messages
      Then it succeeds
      And 0 messages came and 0 were there before

    Scenario: A complete message is not fetched again
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch"
      And I populate selected messages
      When I populate all messages
      Then 1 message came and 1 were there before
      And the server sent no message twice

    Scenario: Populated messages can be read offline
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch"
      And I connect
      And I populate all messages
      When I disconnect
      And I restart the program
      Then the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | new, unread, complete |
      When I connect
      Then the mailbox shows these messages:
        | subject | state            |
        | Lunch   | unread, complete |

    Scenario: Populated messages hide like others when the session ends
      Given the mailbox holds "Lunch"
      And I connect
      And I populate all messages
      When I disconnect
      Then the mailbox shows nothing
      When I connect
      Then the mailbox shows these messages:
        | subject | state    |
        | Lunch   | complete |
      When I populate all messages
      Then 0 messages came and 1 were there before

    @behaviour-1
    Scenario: Large messages are left out
      Given the mailbox holds "Lunch"
      And the mailbox holds "Photos" of 100 KB
      And I leave out messages above 50 KB
      And I connect
      When I populate all messages
      Then it succeeds
      And the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | new, unread, complete |
        | Photos  | new, unread           |

    @behaviour-9
    Scenario: The progress of populating
      Given the mailbox holds "Photos" of 400 KB
      And the mailbox holds "Lunch"
      And I connect
      And the server falls silent in the middle of "Photos"
      When I begin to populate all messages
      Then the progress shows "populating" (15), step "populating" (15)
      And the progress counts 2 messages, 1 to go
      And the progress shows a part of "Photos"
      And the progress shows the size of "Lunch" and "Photos" together
      When I cancel
      Then what I began fails with "cancelled", error -3

  Rule: Nothing to populate is a success

    @behaviour-1
    Scenario Outline: I populate <which> messages of an empty mailbox
      Given I connect
      When I populate <which> messages
      Then it succeeds
      And 0 messages came and 0 were there before
      And the account is connected

      Examples:
        | which    |
        | new      |
        | selected |
        | all      |

  Rule: A failure is reported, and the command can be repeated

    Scenario: Nobody is connected
      Given the mailbox holds "Lunch"
      And I connect
      And I disconnect
      When I populate all messages
      Then it fails with "not connected", error -36
      When I connect
      Then the mailbox shows these messages:
        | subject | state |
        | Lunch   | -     |

    Scenario: The server refuses one message
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And the server once refuses to send "Invoice"
      When I populate all messages
      Then it fails with "cannot read that message", error -174
      And the failed messages are "Invoice"
      And the account is connected
      And the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | new, unread, complete |
        | Invoice | new, unread           |
        | Photos  | new, unread, complete |
      When I populate all messages
      Then it succeeds
      And 1 message came and 2 were there before

    @behaviour-7
    Scenario Outline: <trouble>
      Given the account shows its mailbox offline too
      And the mailbox holds "Photos" of 300 KB
      And the mailbox holds "Lunch"
      And I connect
      And the server falls silent in the middle of "Photos"
      And I begin to populate all messages
      And the progress counts 2 messages, 1 to go
      When I <end>
      Then what I began fails with "cancelled", error -3
      And the account is offline
      And the server heard no goodbye
      And the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | new, unread, complete |
        | Photos  | new, unread           |
      When I connect
      And I populate all messages
      Then it succeeds
      And 1 message came and 1 were there before

      Examples:
        | trouble                | end        |
        | I cancel               | cancel     |
        | I disconnect meanwhile | disconnect |

    Scenario: The connection breaks inside a message
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And the line breaks once in the middle of "Invoice"
      When I populate all messages
      Then it fails with "not connected", error -36
      And the account is offline
      And the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | new, unread           |
        | Invoice | new, unread           |
        | Photos  | new, unread, complete |

    Scenario: A disk without room
      Given the mailbox holds "Photos" of 300 KB
      And I connect
      And the disk has room for 100 KB
      When I populate all messages
      Then it fails with "the disk is full", error -26
      And the account is connected
      When the disk has plenty of room
      And I populate all messages
      Then it succeeds

  Rule: A pruned message keeps its entry, and can be fetched again

    @behaviour-1
    Scenario: A pruned message is fetched again while connected
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I populate all messages
      When I prune "Lunch" in the mailbox
      Then the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | new, unread           |
        | Invoice | new, unread, complete |
      And "Lunch" and "Invoice" in the mailbox show sender, date and size
      When I populate all messages
      Then 1 message came and 1 were there before
      And the mailbox shows these messages:
        | subject | state                 |
        | Lunch   | new, unread, complete |
        | Invoice | new, unread, complete |
      When I disconnect
      Then the server holds "Lunch" and "Invoice"

    @behaviour-1
    Scenario: Messages are pruned offline
      Given the account shows its mailbox offline too
      And the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I populate all messages
      And I disconnect
      When I prune "Lunch" and "Invoice" in the mailbox
      And I restart the program
      And I connect
      Then the mailbox shows these messages:
        | subject | state  |
        | Lunch   | unread |
        | Invoice | unread |
      When I select "Invoice"
      And I populate selected messages
      Then the mailbox shows these messages:
        | subject | state            |
        | Lunch   | unread           |
        | Invoice | unread, complete |
