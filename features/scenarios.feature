@scenarios
Feature: Servers that are known to be wrong
  A scenario says how a server misbehaves and what a good client does then. Here is
  what a person sees of some of them; the client is judged by the scenario too.

  Scenario: A line that drops inside a message
    Given the server plays the scenario "retr-drop#after=1200,how=close"
    When I copy new messages, then disconnecting
    Then it succeeds
    And the Inbox shows "Welcome to Gull Rock" and "Synthetic message 1 of seed 7"

  Scenario: Deletions that the server only pretends to do
    Given the server plays the scenario "dele-ignored"
    When I move all messages, then disconnecting
    Then it succeeds
    And the Inbox shows "Welcome to Gull Rock" and "Synthetic message 1 of seed 1"
    And the server holds "Welcome to Gull Rock" and "Synthetic message 1 of seed 1"

  Scenario: A certificate that is no longer valid
    Given the server plays the scenario "stls-certificate#certificate=expired"
    When I copy new messages, then disconnecting
    Then it fails with "the server refused TLS", error -185
    And the Inbox shows nothing
