@resume @failures @behaviour-7 @behaviour-15
Feature: An operation continues when its connection is lost
  With the setting "bearer-mobility" an account connects again when a connection is
  lost. No stored message is fetched again, and messages to be deleted are deleted.

  Rule: The interrupted message is fetched again at once, and all others only once

    Scenario Outline: The connection breaks inside a message: I <command>
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I set "bearer-mobility" to "true"
      And I connect
      And I select "Lunch" and "Invoice"
      And the line breaks once in the middle of "Invoice", and the next one can be had at once
      When I <command>
      Then it succeeds
      And the account is connected
      And the server sent <order>, in this order

      Examples:
        | command                                 | order                           |
        | copy new messages, while connected      | "Photos", "Invoice" and "Lunch" |
        | move all messages, while connected      | "Photos", "Invoice" and "Lunch" |
        | copy selected messages, while connected | "Lunch" and "Invoice"           |
        | populate all messages                   | "Photos", "Invoice" and "Lunch" |

    Scenario: The connection breaks inside a message that was not listed before
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I set "bearer-mobility" to "true"
      And the line breaks once in the middle of "Invoice", and the next one can be had at once
      When I move new messages, then disconnecting
      Then it succeeds
      And 3 messages came and 0 were there before
      And the Inbox shows "Photos", "Invoice" and "Lunch"
      And the server holds nothing
      And the server sent no header twice

    Scenario: The connection breaks in a header
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I set "bearer-mobility" to "true"
      And the line breaks once in the header of "Invoice", and the next one can be had at once
      When I connect
      Then it succeeds
      And the server sent no header twice
      And the new messages in the mailbox are "Lunch", "Invoice" and "Photos"

    Scenario: A message that always breaks the connection does not keep the others back
      Given the mailbox holds "Lunch", "Invoice" and "Photos"
      And I set "bearer-mobility" to "true"
      And the line breaks whenever "Invoice" is sent
      When I move new messages, then disconnecting
      Then it fails with "not connected", error -36
      And the failed messages are "Invoice"
      And the Inbox shows "Lunch" and "Photos"
      And the server holds "Invoice"

  Rule: Deletions are carried out

    @move
    Scenario Outline: The connection breaks at the <part> of a move
      Given the mailbox holds "Lunch" and "Invoice"
      And I set "bearer-mobility" to "true"
      And the line breaks once at the <part>, and the next one can be had at once
      When I move all messages, then disconnecting
      Then it succeeds
      And the server holds nothing
      And the mailbox shows nothing
      And the Inbox shows "Lunch" and "Invoice"
      And the server sent no message twice

      Examples:
        | part      |
        | deletions |
        | goodbye   |

    @delete
    Scenario: The connection breaks as I disconnect after a deletion
      Given the mailbox holds "Lunch" and "Invoice"
      And I set "bearer-mobility" to "true"
      And I connect
      And I select "Lunch"
      And I delete selected messages
      And the line breaks once at the deletions, and the next one can be had at once
      When I disconnect
      Then it succeeds
      And the server holds "Invoice"

  Rule: A failure that another connection cannot mend ends the operation

    Scenario: The password is refused meanwhile
      Given the mailbox holds "Lunch" and "Invoice"
      And I set "bearer-mobility" to "true"
      And I connect
      And the line breaks once in the middle of "Lunch", and the next one can be had at once
      And the server once refuses the password
      When I copy all messages, while connected
      Then it fails with "the server refused the login", error -172
      And the Inbox shows "Invoice"
