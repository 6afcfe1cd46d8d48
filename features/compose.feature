@compose @behaviour-12
Feature: Writing messages
  A message that I write waits in the Outbox until it is sent, or stays in the Drafts. A
  reply goes to the right people and names the message that it answers; a forwarded
  message keeps its text and its files.

  Background:
    Given I set these:
      | smtp-host | mail.example.org        |
      | smtp-from | Demo <demo@example.org> |

  Rule: A new message

    Scenario: It waits in the Outbox
      When I write a new message into the Outbox:
        | to      | Ben Müller <ben@example.org> |
        | cc      | cleo@example.org             |
        | subject | Grüße vom Felsen             |
        | text    | Schöne Grüße!                |
      Then it succeeds
      And the Outbox shows "Grüße vom Felsen"
      And "Grüße vom Felsen" in the Outbox says:
        | from      | Demo <demo@example.org>           |
        | to        | Ben Müller <ben@example.org>      |
        | cc        | <cleo@example.org>                |
        | text      | Schöne Grüße!                     |
        | goes to   | ben@example.org, cleo@example.org |
        | listed as | Ben Müller <ben@example.org>      |
        | state     | waiting                           |

    Scenario: Nobody sees the recipients of blind copies
      When I write a new message into the Outbox:
        | to      | ben@example.org |
        | bcc     | eve@example.org |
        | subject | Plan            |
      Then "Plan" in the Outbox says:
        | to      | <ben@example.org>                |
        | cc      | -                                |
        | bcc     | -                                |
        | goes to | ben@example.org, eve@example.org |

    Scenario Outline: An account that sends <when>
      Given I set "smtp-send" to "<when>"
      When I write a new message into the Outbox:
        | to      | ben@example.org |
        | subject | Plan            |
      Then "Plan" in the Outbox says:
        | state | <state> |

      Examples:
        | when               | state        |
        | immediately        | waiting      |
        | on-next-connection | waiting      |
        | on-request         | upon-request |

    Scenario: Files, and the text as HTML
      When I write a new message into the Drafts:
        | subject | Plan                   |
        | text    | See the plan.          |
        | page    | <b>See</b> the plan.   |
        | files   | plan.pdf, Übersicht.md |
      Then "Plan" in the Drafts says:
        | text  | See the plan.          |
        | page  | <b>See</b> the plan.   |
        | files | plan.pdf, Übersicht.md |

    Scenario: A draft without recipients cannot be sent yet
      When I write a new message into the Drafts:
        | subject | Plan          |
        | text    | See the plan. |
      Then "Plan" in the Drafts says:
        | cannot be sent for | its recipients |
      When I write a new message into the Drafts:
        | subject | Lunch           |
        | to      | ben@example.org |
      Then "Lunch" in the Drafts says:
        | cannot be sent for | - |

    Scenario: HTML without a text becomes an attachment
      When I write a new message into the Drafts:
        | subject | Plan        |
        | page    | <b>See!</b> |
      Then "Plan" in the Drafts says:
        | text  | -            |
        | files | message.html |

    Scenario: What the account adds
      Given I set these:
        | smtp-signature        | Demo, Gull Rock  |
        | smtp-reply-to         | desk@example.org |
        | smtp-request-receipts | true             |
        | smtp-copy-to-self     | cc               |
      When I write a new message into the Outbox:
        | to      | ben@example.org |
        | subject | Plan            |
        | text    | See the plan.   |
      Then "Plan" in the Outbox says:
        | text            | See the plan.\n\n-- \nDemo, Gull Rock |
        | answers go to   | <desk@example.org>                    |
        | receipt goes to | <desk@example.org>                    |
        | cc              | Demo <demo@example.org>               |

    Scenario: A hidden message
      When I write a new message into the Outbox:
        | to      | ben@example.org |
        | subject | Plan            |
        | with    | hidden          |
      Then it succeeds
      And the Outbox shows nothing

  Rule: A reply

    Background:
      Given the mailbox holds these messages:
        | subject | sender                | to                                   | cc                                       | answers to       |
        | Lunch   | Ann <ann@example.org> | demo@example.org, canada@example.org | Cleo <cleo@example.org>, ann@example.org |                  |
        | Club    | Ben <ben@example.org> | club@example.org                     |                                          | club@example.org |
      And I copy all messages, then disconnecting

    Scenario: To the sender
      When I write a reply to "Lunch" into the Outbox:
        | text | At noon, then. |
      Then "Re: Lunch" in the Outbox says:
        | to      | Ann <ann@example.org> |
        | cc      | -                     |
        | text    | At noon, then.        |
        | quotes  | -                     |
        | answers | Lunch                 |
        | state   | waiting               |

    Scenario: To all recipients, each once, and not to me
      When I write a reply to all of "Lunch" into the Outbox:
        | text | At noon, then. |
      Then "Re: Lunch" in the Outbox says:
        | to      | Ann <ann@example.org>                                 |
        | cc      | <canada@example.org>, Cleo <cleo@example.org>         |
        | goes to | ann@example.org, canada@example.org, cleo@example.org |

    Scenario: To the Reply-To address
      When I write a reply to "Club" into the Drafts
      Then "Re: Club" in the Drafts says:
        | to | <club@example.org> |

    Scenario: With the original below the reply, not quoted
      When I write a reply to "Club" into the Drafts:
        | text | I come.             |
        | with | the original's text |
      Then "Re: Club" in the Drafts says:
        | text below | Reply Header |
        | quotes     | -            |

  Rule: Forwarding, and receipts

    Background:
      Given the mailbox holds these messages:
        | subject | sender                | with                        |
        | Party   | Ann <ann@example.org> | attachment, receipt request |
      And I copy all messages, then disconnecting

    Scenario: With its text and its files
      When I write "Party" on into the Outbox:
        | to   | ben@example.org |
        | text | For you.        |
      Then "Fwd: Party" in the Outbox says:
        | to         | <ben@example.org> |
        | text below | Forward Header    |
        | files      | plan.pdf          |
        | answers    | -                 |

    Scenario: As an attachment
      When I write "Party" on as an attachment into the Outbox:
        | to | ben@example.org |
      Then "Fwd: Party" in the Outbox says:
        | files | message.eml |

    Scenario: A receipt
      Given I set "smtp-send" to "on-request"
      When I write a receipt for "Party" into the Outbox
      Then "Receipt of message: Party" in the Outbox says:
        | to             | <ann@example.org> |
        | answers        | Party             |
        | state          | waiting           |
        | failures go to | -                 |

  Rule: A message that cannot be sent is refused, and nothing is left of it

    Scenario Outline: <what>
      When I write a new message into the <place>:
        | <name> | <value> |
      Then it fails with "<why>", error -6
      And the <place> shows nothing

      Examples:
        | what                         | place  | name    | value                                 | why                      |
        | No recipient                 | Outbox | subject | Plan                                  | needs a recipient        |
        | No address                   | Drafts | to      | ben                                   | is not an address        |
        | A line behind an address     | Drafts | to      | ben@example.org\nBcc: eve@example.org | is not allowed in a header |
        | A line behind a blind copy   | Drafts | bcc     | ben@example.org\nX: y                 | is not allowed in a header |
        | A line behind the subject    | Drafts | subject | Plan\nBcc: eve@example.org            | is not allowed in a header |
        | A line behind a file's name  | Drafts | files   | plan.pdf\nBcc: eve@example.org        | is not allowed in a header |
        | A file in another folder     | Drafts | files   | ../plan.pdf                           | contains a directory     |
