@scenarios
Feature: Servers with known faults
  A scenario says how a server misbehaves and what a good client then does. This feature
  shows some of them from the user's point of view; the scenario also judges the client.

  @mtm
  Scenario: A connection that drops inside a message
    Given the server plays the scenario "retr-drop#after=1200,how=close"
    When I copy new messages, then disconnecting
    Then it succeeds
    And the Inbox shows "Welcome to Gull Rock" and "Synthetic message 1 of seed 7"
    And the scenario's expectations are met

  Scenario: Deletions that the server confirms but does not carry out
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
