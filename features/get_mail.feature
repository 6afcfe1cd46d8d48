@get-mail @behaviour-1 @behaviour-2
Feature: Getting mail
  Messages are copied or moved from the mailbox into a folder. A copy is shown only when
  it is complete, and equals the message on the server byte for byte: that is checked
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
        | take | which    | phase  | number | fetched                         | left                  |
        | move | new      | moving | 8      | "Photos"                        | "Lunch" and "Invoice" |
        | move | selected | moving | 8      | "Invoice"                       | "Lunch" and "Photos"  |
        | move | all      | moving | 8      | "Lunch", "Invoice" and "Photos" | nothing               |

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
        | take | which    | phase               | number | step   | step number | fetched                         | left                  |
        | move | new      | move new mail       | 10     | moving | 8           | "Photos"                        | "Lunch" and "Invoice" |
        | move | selected | move mail selection | 12     | moving | 8           | "Invoice"                       | "Lunch" and "Photos"  |
        | move | all      | move all mail       | 14     | moving | 8           | "Lunch", "Invoice" and "Photos" | nothing               |

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
        | take | which    | phase               | number | fetched                         | left                  |
        | move | new      | move new mail       | 10     | "Photos"                        | "Lunch" and "Invoice" |
        | move | selected | move mail selection | 12     | "Invoice"                       | "Lunch" and "Photos"  |
        | move | all      | move all mail       | 14     | "Lunch", "Invoice" and "Photos" | nothing               |

  Rule: The newest messages come first, in case the connection is lost

    Scenario Outline: I <command>
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I connect
      And I select "Invoice", "Photos" and "Lunch"
      When I <command>
      Then it succeeds
      And the server sent <order>, in this order

      Examples:
        | command                                 | order                           |
        | copy all messages, while connected      | "Photos", "Invoice" and "Lunch" |
        | move new messages, while connected      | "Photos", "Invoice" and "Lunch" |
        | populate all messages                   | "Photos", "Invoice" and "Lunch" |
        | copy selected messages, while connected | "Invoice", "Photos" and "Lunch" |
        | populate selected messages              | "Invoice", "Photos" and "Lunch" |

    @mtm
    Scenario: New messages that were not listed before
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      When I copy new messages, then disconnecting
      Then the server sent "Photos", "Invoice" and "Lunch", in this order

  Rule: A form fits the state of the connection

    Scenario Outline: I <take> all messages, while connected, without a connection
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

    Scenario Outline: I copy all messages, <link>, when already connected
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

  Rule: Nothing to fetch is a success

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
        | take | which |
        | move | all   |

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
