@get-mail
Feature: Getting mail
  Messages are copied or moved from the mailbox into a folder. A copy shows when it
  is whole, and is the same, byte for byte, as what the server has: that is checked
  after every scenario.

  Rule: Eighteen forms: which messages, copied or moved, with or without connecting

    Background:
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I disconnect
      And "Photos" arrives in the mailbox
      And I select "Invoice"

    Scenario Outline: I <take> <which> messages, while connected
      Given I connect
      When I <take> <which> messages, while connected
      Then it succeeds
      And the progress shows "<phase>" (<number>), step "<phase>" (<number>)
      And the Inbox shows <fetched>
      And the account is connected
      When I disconnect
      Then the server holds <left>

      Examples: copies
        | take | which    | phase   | number | fetched                         | left                            |
        | copy | new      | copying | 1      | "Photos"                        | "Lunch", "Invoice" and "Photos" |
        | copy | selected | copying | 1      | "Invoice"                       | "Lunch", "Invoice" and "Photos" |
        | copy | all      | copying | 1      | "Lunch", "Invoice" and "Photos" | "Lunch", "Invoice" and "Photos" |

      @move
      Examples: moves
        | take | which    | phase   | number | fetched                         | left                            |
        | move | new      | moving  | 8      | "Photos"                        | "Lunch" and "Invoice"           |
        | move | selected | moving  | 8      | "Invoice"                       | "Lunch" and "Photos"            |
        | move | all      | moving  | 8      | "Lunch", "Invoice" and "Photos" | nothing                         |

    Scenario Outline: I <take> <which> messages, staying online
      When I <take> <which> messages, staying online
      Then it succeeds
      And the progress shows "<phase>" (<number>), step "<step>" (<step number>)
      And the Inbox shows <fetched>
      And the account is connected
      When I disconnect
      Then the server holds <left>

      Examples: copies
        | take | which    | phase               | number | step    | step number | fetched                         | left                            |
        | copy | new      | copy new mail       | 9      | copying | 1           | "Photos"                        | "Lunch", "Invoice" and "Photos" |
        | copy | selected | copy mail selection | 11     | copying | 1           | "Invoice"                       | "Lunch", "Invoice" and "Photos" |
        | copy | all      | copy all mail       | 13     | copying | 1           | "Lunch", "Invoice" and "Photos" | "Lunch", "Invoice" and "Photos" |

      @move
      Examples: moves
        | take | which    | phase               | number | step    | step number | fetched                         | left                            |
        | move | new      | move new mail       | 10     | moving  | 8           | "Photos"                        | "Lunch" and "Invoice"           |
        | move | selected | move mail selection | 12     | moving  | 8           | "Invoice"                       | "Lunch" and "Photos"            |
        | move | all      | move all mail       | 14     | moving  | 8           | "Lunch", "Invoice" and "Photos" | nothing                         |

    Scenario Outline: I <take> <which> messages, then disconnecting
      When I <take> <which> messages, then disconnecting
      Then it succeeds
      And the progress shows "<phase>" (<number>), step "disconnecting" (6)
      And the Inbox shows <fetched>
      And the account is offline
      And the server heard a goodbye
      And the server holds <left>

      Examples: copies
        | take | which    | phase               | number | fetched                         | left                            |
        | copy | new      | copy new mail       | 9      | "Photos"                        | "Lunch", "Invoice" and "Photos" |
        | copy | selected | copy mail selection | 11     | "Invoice"                       | "Lunch", "Invoice" and "Photos" |
        | copy | all      | copy all mail       | 13     | "Lunch", "Invoice" and "Photos" | "Lunch", "Invoice" and "Photos" |

      @move
      Examples: moves
        | take | which    | phase               | number | fetched                         | left                            |
        | move | new      | move new mail       | 10     | "Photos"                        | "Lunch" and "Invoice"           |
        | move | selected | move mail selection | 12     | "Invoice"                       | "Lunch" and "Photos"            |
        | move | all      | move all mail       | 14     | "Lunch", "Invoice" and "Photos" | nothing                         |

  Rule: A form fits the state of the connection

    Scenario Outline: I <take> all messages, while connected, when nobody is connected
      Given the mailbox holds "Lunch"
      When I <take> all messages, while connected
      Then it fails with "not connected", error -36
      And the Inbox shows nothing

      Examples: copies
        | take |
        | copy |

      @move
      Examples: moves
        | take |
        | move |

    Scenario Outline: I copy all messages, <link>, on a connection that is up already
      Given the mailbox holds "Lunch"
      And I connect
      When I copy all messages, <link>
      Then it fails with "already connected", error -214
      And the account is connected
      And the Inbox shows nothing

      Examples:
        | link               |
        | staying online     |
        | then disconnecting |

  Rule: Copies and entries tell what was fetched

    Scenario: A copy is unread and complete, and its entry is new no more
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch"
      When I copy selected messages, while connected
      Then "Lunch" in the Inbox shows sender, date and size
      And the unread messages in the Inbox are "Lunch"
      And the mailbox shows "Lunch" and "Invoice"
      And the new messages in the mailbox are "Invoice"

    Scenario: A copy is unread though its entry has been hidden since it came
      Given the mailbox holds "Lunch"
      And I connect
      And I disconnect
      When I copy all messages, staying online
      Then the unread messages in the mailbox are nothing
      And the unread messages in the Inbox are "Lunch"

    Scenario: A copy that was read stays read
      Given the mailbox holds "Lunch"
      And I copy all messages, then disconnecting
      And I read "Lunch" in the Inbox
      When I copy all messages, then disconnecting
      Then the unread messages in the Inbox are nothing

    @move
    Scenario: A moved message leaves the mailbox
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I select "Lunch"
      When I move selected messages, while connected
      Then the mailbox shows "Invoice"
      And the account counts 1 message on the server

    @rfc1939-6 @move
    Scenario: A moved message is gone only when the session has ended properly
      Given the mailbox holds "Lunch"
      And I move all messages, staying online
      When I restart the program
      Then the server heard no goodbye
      And the server holds "Lunch"
      And the Inbox shows "Lunch"

    Scenario: The progress of a copy
      Given the mailbox holds "Lunch"
      And the mailbox holds "Photos" of 400 KB
      And the mailbox holds "Invoice"
      And the server falls silent in the middle of "Photos"
      When I begin to copy all messages, then disconnecting
      Then the progress shows "copy all mail" (13), step "copying" (1)
      And the progress counts 3 messages, 2 to go
      And the progress shows a part of "Photos"
      And the progress shows the size of "Lunch", "Photos" and "Invoice" together
      When I cancel
      Then the Inbox shows "Lunch"

    Scenario: Another folder
      Given the mailbox holds "Invoice"
      And I collect mail in the folder "Bills"
      When I copy new messages, then disconnecting
      Then the folder "Bills" shows "Invoice"
      And the Inbox shows nothing

    @move
    Scenario: A folder that is not there
      Given the mailbox holds "Invoice"
      And I collect mail in a folder that is not there
      When I move all messages, then disconnecting
      Then it fails with "not found", error -1
      And the server holds "Invoice"

    @move
    Scenario: Large messages are left on the server
      Given the mailbox holds "Lunch"
      And the mailbox holds "Photos" of 100 KB
      And I leave out messages above 50 KB
      When I move all messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Lunch"
      And the server holds "Photos"

    @move
    Scenario: An account that shows the newest messages only takes only those
      Given the mailbox holds 5 messages
      And the account shows the newest 2 messages
      When I move all messages, then disconnecting
      Then the Inbox shows "Message 4" and "Message 5"
      And the server holds "Message 1", "Message 2" and "Message 3"

  Rule: Nothing to fetch is no failure

    Scenario Outline: I <take> <which> messages from an empty mailbox
      When I <take> <which> messages, then disconnecting
      Then it succeeds
      And 0 messages came and 0 were there before
      And the server heard a goodbye

      Examples: copies
        | take | which    |
        | copy | new      |
        | copy | selected |

      @move
      Examples: moves
        | take | which    |
        | move | all      |

    Scenario: Nothing new
      Given the mailbox holds "Lunch"
      And I copy new messages, then disconnecting
      When I copy new messages, then disconnecting
      Then it succeeds
      And 0 messages came and 0 were there before
      And the Inbox shows "Lunch"

    Scenario: A selected message that is gone
      Given the mailbox holds "Lunch" and "Invoice"
      And I connect
      And I disconnect
      And I select "Lunch" and "Invoice"
      When another program deletes "Lunch"
      And I copy selected messages, then disconnecting
      Then it succeeds
      And the Inbox shows "Invoice"

  Rule: Nothing is fetched twice

    Scenario: The same again
      Given the mailbox holds "Lunch" and "Invoice"
      And I copy all messages, then disconnecting
      And "Photos" arrives in the mailbox
      When I copy all messages, then disconnecting
      Then 1 message came and 2 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"
      And the server sent no message twice

    @move
    Scenario: A move of what was copied before
      Given the mailbox holds "Lunch" and "Invoice"
      And I copy all messages, then disconnecting
      When I move all messages, then disconnecting
      Then 0 messages came and 2 were there before
      And the Inbox shows "Lunch" and "Invoice"
      And the server holds nothing
      And the server sent no message twice

    Scenario: After the program was restarted
      Given the mailbox holds "Lunch" and "Invoice"
      And I copy all messages, then disconnecting
      When I restart the program
      And I copy all messages, then disconnecting
      Then 0 messages came and 2 were there before
      And the server sent no message twice

    Scenario: What was deleted here comes again when it is asked for
      Given the mailbox holds "Lunch"
      And I copy all messages, then disconnecting
      And I delete "Lunch" from the Inbox
      When I copy all messages, then disconnecting
      Then the Inbox shows "Lunch"

    Scenario: A server that cannot name its messages
      Given the server cannot name its messages
      And the mailbox holds "Lunch" and "Invoice"
      And I copy all messages, then disconnecting
      And "Photos" arrives in the mailbox
      When I copy all messages, then disconnecting
      Then 1 message came and 2 were there before
      And the Inbox shows "Lunch", "Invoice" and "Photos"

    @move
    Scenario: Messages whose numbers on the server have changed
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I disconnect
      And I select "Photos"
      When another program deletes "Lunch"
      And I move selected messages, then disconnecting
      Then the Inbox shows "Photos"
      And the server holds "Invoice"

    @move
    Scenario: A large mailbox
      Given the mailbox holds 250 messages
      And I copy new messages, then disconnecting
      When I move all messages, then disconnecting
      Then it succeeds
      And 0 messages came and 250 were there before
      And the server holds nothing
      And the server sent no message twice
