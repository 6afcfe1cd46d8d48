Feature: Connecting to the mailbox

  Scenario: Nobody knows yet
