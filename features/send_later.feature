@sending @behaviour-13
Feature: A server for sending that says "later"
  Greylisting puts every new sender off. What I wrote stays in the Outbox, and goes out on a later connection, once.

  Background:
    Given the server plays the scenario "smtp-busy#recipient"
    And mail can be sent
    And I write a new message into the Outbox:
      | to      | ben@example.org |
      | subject | Plan            |
    And I set "autosend" to "true"

  Scenario: The next connection sends it
    When I connect
    Then it succeeds
    And the server for sending got nothing
    And the Outbox shows "Plan"
    When I disconnect
    And I connect
    Then the server for sending got "Plan"
    And the Outbox shows nothing
