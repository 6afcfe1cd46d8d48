@sending @behaviour-13
Feature: An SMTP server that says "later"
  A greylisting server refuses every new sender at first. My mail stays in the Outbox,
  and is sent once, by a later connection.

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
