module completions {

  def "nu-complete topup provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup color" [] {
    [ "auto" "always" "never" ]
  }

  # Buys, watches and meters prepaid AI credits, and never pays twice
  export extern topup [
    --provider: string@"nu-complete topup provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete topup state provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup state color" [] {
    [ "auto" "always" "never" ]
  }

  # Show balance, role, card, auto-reload and monthly limit
  export extern "topup state" [
    --project: path           # Look at the project at this root, where projects choose what is billed
    --brief                   # Print one line and succeed whatever happens, for the output of other commands
    --all                     # Look at every profile of the configuration, side by side
    --provider: string@"nu-complete topup state provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup state color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup buy provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup buy color" [] {
    [ "auto" "always" "never" ]
  }

  # Buy credits: confirm, charge once, wait until it is settled
  export extern "topup buy" [
    --once: string            # Name this purchase: the same name never buys twice, on any machine
    --once-since: string      # Say when the name can have been used first, as in 2026-11-20T12:00:00Z
    --retry-declined          # Try again under the same name after the card was declined
    --idempotency-key: string # Send this idempotency key instead of a generated one
    --new                     # Begin another one even if the same purchase is still open
    --max: string             # Refuse to pay more than this
    --wait: string            # Wait at most this long until it is settled [default: 5m, and 1m for a person to pay]
    --no-wait                 # Return as soon as it is accepted
    --poll: string            # Time between two looks
    --return-url: string      # Send the browser to this address once a person has paid there
    --show-client-secret      # Print the secret with which another program can confirm the payment
    --dry-run                 # Show what would be done and send nothing
    --provider: string@"nu-complete topup buy provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup buy color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    amount?: string           # Dollars to buy, such as 25 or 25.00, or preset:1 for the portal's first suggestion; may be left out where one pack is sold at one price
  ]

  def "nu-complete topup status provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup status color" [] {
    [ "auto" "always" "never" ]
  }

  # Show where a purchase stands
  export extern "topup status" [
    --wait: string            # Wait until it is final, for 5 minutes or as long as given
    --poll: string            # Time between two looks
    --provider: string@"nu-complete topup status provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup status color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    id?: string               # Id of a purchase, charge or payment, or a --once name; the latest purchase when left out
  ]

  def "nu-complete topup resume provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup resume color" [] {
    [ "auto" "always" "never" ]
  }

  # Finish every open purchase, or find out what became of it
  export extern "topup resume" [
    --mark: string            # Record what you found on the portal: charged=CHARGE_ID or not-charged
    --wait: string            # Wait at most this long until it is settled [default: 5m, and 1m for a person to pay]
    --no-wait                 # Return as soon as it is accepted
    --poll: string            # Time between two looks
    --provider: string@"nu-complete topup resume provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup resume color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    id?: string               # Only this purchase of the journal
  ]

  def "nu-complete topup history by" [] {
    [ "day" "month" ]
  }

  def "nu-complete topup history provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup history color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the journal of purchases
  export extern "topup history" [
    --limit: string           # Show at most this many purchases
    --csv                     # Write comma-separated values with a heading
    --since: string           # Leave out what was asked for before this day or time
    --chart                   # Show what was bought as a bar for each day or month, in UTC
    --by: string@"nu-complete topup history by" # Choose what each bar of the chart stands for
    --provider: string@"nu-complete topup history provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup history color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup transactions provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup transactions color" [] {
    [ "auto" "always" "never" ]
  }

  # List what came in and what was used, as the system tells it
  export extern "topup transactions" [
    --limit: string           # Show at most this many
    --offset: string          # Leave out this many of the newest
    --all                     # Follow the list to its end
    --csv                     # Write comma-separated values with a heading
    --provider: string@"nu-complete topup transactions provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup transactions color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup auto-reload provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup auto-reload color" [] {
    [ "auto" "always" "never" ]
  }

  # Show, set or switch off automatic purchases
  export extern "topup auto-reload" [
    --provider: string@"nu-complete topup auto-reload provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup auto-reload color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    below?: string            # Buy when the balance falls below this many dollars, or off; shown when left out
    to?: string               # Buy up to this many dollars; more than BELOW
  ]

  def "nu-complete topup limit provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup limit color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the monthly limit and what is left of it
  export extern "topup limit" [
    --require: string         # End with monthly_cap_exceeded when less than this is left, in dollars, credits or uses
    --provider: string@"nu-complete topup limit provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup limit color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup check provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup check color" [] {
    [ "auto" "always" "never" ]
  }

  # Succeed only when enough credits are there
  export extern "topup check" [
    --at-least: string        # End with insufficient_balance when less than this is there, in dollars, credits or uses
    --project: path           # Look at the project at this root, where projects choose what is billed
    --provider: string@"nu-complete topup check provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup check color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup ensure provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ensure color" [] {
    [ "auto" "always" "never" ]
  }

  # Buy only when less is there; safe to run from many jobs at once
  export extern "topup ensure" [
    --at-least: string        # Buy when fewer dollars than this are there
    --buy: string             # Buy this much then
    --to: string              # Buy up to this balance then
    --once: string            # Name the purchase: the same name never buys twice, on any machine
    --once-since: string      # Say when the name can have been used first, as in 2026-11-20T12:00:00Z
    --retry-declined          # Try again after the card was declined
    --max: string             # Refuse to pay more than this
    --wait: string            # Wait at most this long until it is settled [default: 5m, and 1m for a person to pay]
    --no-wait                 # Return as soon as it is accepted
    --poll: string            # Time between two looks
    --provider: string@"nu-complete topup ensure provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ensure color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup watch provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup watch color" [] {
    [ "auto" "always" "never" ]
  }

  # Keep an eye on a balance, and run a command or send a notice once each time it falls
  export extern "topup watch" [
    --below: string           # Report when less than this is there, in dollars, credits or uses
    --every: string           # Look this often
    --one-look                # Look once and end with 0, whether it is low or not: for cron and timers
    --notify                  # Send it by mail and webhook, as the notices of the ledger are sent
    --project: path           # Look at the project at this root, where projects choose what is billed
    --provider: string@"nu-complete topup watch provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup watch color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup team provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup team color" [] {
    [ "auto" "always" "never" ]
  }

  # List the teams whose credits can be used, and pin one to a project
  export extern "topup team" [
    --project: path           # Act on the project at this root instead of the one around the working directory
    --provider: string@"nu-complete topup team provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup team color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup team list provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup team list color" [] {
    [ "auto" "always" "never" ]
  }

  # List the teams with their tiers and credits
  export extern "topup team list" [
    --project: path           # Act on the project at this root instead of the one around the working directory
    --provider: string@"nu-complete topup team list provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup team list color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup team show provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup team show color" [] {
    [ "auto" "always" "never" ]
  }

  # Show which team the project has pinned
  export extern "topup team show" [
    --project: path           # Act on the project at this root instead of the one around the working directory
    --provider: string@"nu-complete topup team show provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup team show color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup team pin provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup team pin color" [] {
    [ "auto" "always" "never" ]
  }

  # Pin a paid team, which is billed for the project from then on
  export extern "topup team pin" [
    --project: path           # Act on the project at this root instead of the one around the working directory
    --provider: string@"nu-complete topup team pin provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup team pin color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    team: string              # Its name, its id, or a beginning that no other team has
  ]

  def "nu-complete topup team unpin provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup team unpin color" [] {
    [ "auto" "always" "never" ]
  }

  # Leave the choice of the team to the rules again
  export extern "topup team unpin" [
    --project: path           # Act on the project at this root instead of the one around the working directory
    --provider: string@"nu-complete topup team unpin provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup team unpin color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup team help" [
  ]

  # List the teams with their tiers and credits
  export extern "topup team help list" [
  ]

  # Show which team the project has pinned
  export extern "topup team help show" [
  ]

  # Pin a paid team, which is billed for the project from then on
  export extern "topup team help pin" [
  ]

  # Leave the choice of the team to the rules again
  export extern "topup team help unpin" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup team help help" [
  ]

  def "nu-complete topup plan provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup plan color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the plan of the subscription, preview a change, change it
  export extern "topup plan" [
    --provider: string@"nu-complete topup plan provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup plan color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup plan show provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup plan show color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the plan in force, what is scheduled, and the plans there are
  export extern "topup plan show" [
    --provider: string@"nu-complete topup plan show provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup plan show color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup plan preview provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup plan preview color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what a change to a plan would do and cost, and change nothing
  export extern "topup plan preview" [
    --provider: string@"nu-complete topup plan preview provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup plan preview color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    tier: string              # Its id or its name, as 'topup plan show' lists them
  ]

  def "nu-complete topup plan change provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup plan change color" [] {
    [ "auto" "always" "never" ]
  }

  # Change to a smaller plan at the end of the month that is paid for; never charges
  export extern "topup plan change" [
    --provider: string@"nu-complete topup plan change provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup plan change color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    tier: string              # Its id or its name, as 'topup plan show' lists them
  ]

  def "nu-complete topup plan cancel provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup plan cancel color" [] {
    [ "auto" "always" "never" ]
  }

  # End the subscription with the month that is paid for
  export extern "topup plan cancel" [
    --provider: string@"nu-complete topup plan cancel provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup plan cancel color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup plan resume provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup plan resume color" [] {
    [ "auto" "always" "never" ]
  }

  # Take a scheduled change or cancellation back
  export extern "topup plan resume" [
    --provider: string@"nu-complete topup plan resume provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup plan resume color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup plan upgrade provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup plan upgrade color" [] {
    [ "auto" "always" "never" ]
  }

  # Change to a larger plan at once and charge the saved card for it, once
  export extern "topup plan upgrade" [
    --once: string            # Name this purchase: the same name never buys twice, on any machine
    --once-since: string      # Say when the name can have been used first, as in 2026-11-20T12:00:00Z
    --retry-declined          # Try again under the same name after the card was declined
    --idempotency-key: string # Send this idempotency key instead of a generated one
    --new                     # Begin another one even if the same purchase is still open
    --max: string             # Refuse to pay more than this
    --wait: string            # Wait at most this long until it is settled [default: 5m, and 1m for a person to pay]
    --no-wait                 # Return as soon as it is accepted
    --poll: string            # Time between two looks
    --dry-run                 # Show what would be done and charge nothing
    --provider: string@"nu-complete topup plan upgrade provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup plan upgrade color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    tier: string              # Its id or its name, as 'topup plan show' lists them
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup plan help" [
  ]

  # Show the plan in force, what is scheduled, and the plans there are
  export extern "topup plan help show" [
  ]

  # Show what a change to a plan would do and cost, and change nothing
  export extern "topup plan help preview" [
  ]

  # Change to a smaller plan at the end of the month that is paid for; never charges
  export extern "topup plan help change" [
  ]

  # End the subscription with the month that is paid for
  export extern "topup plan help cancel" [
  ]

  # Take a scheduled change or cancellation back
  export extern "topup plan help resume" [
  ]

  # Change to a larger plan at once and charge the saved card for it, once
  export extern "topup plan help upgrade" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup plan help help" [
  ]

  def "nu-complete topup ledger provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger color" [] {
    [ "auto" "always" "never" ]
  }

  # Put a prepaid budget in front of paid commands: check, run, record, sum up
  export extern "topup ledger" [
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup ledger init model" [] {
    [ "unlimited" "prepay-user" "prepay-mandate" ]
  }

  def "nu-complete topup ledger init provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger init color" [] {
    [ "auto" "always" "never" ]
  }

  # Make a mandate, or change what is given
  export extern "topup ledger init" [
    --model: string@"nu-complete topup ledger init model" # Model of the budget: who pays, and from what; a new mandate needs it
    --currency: string        # Currency, in three capital letters; CHF for a new mandate
    --markup: string          # Percent to add to every base price; 50 for a new mandate
    --notify: string          # Address to send a notice to when the pool is empty; several, a JSON array, or '' for nobody
    --cooldown: string        # Time between two such notices at least; 1h for a new mandate
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger init provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger init color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup ledger mandates provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger mandates color" [] {
    [ "auto" "always" "never" ]
  }

  # List the mandates and their settings
  export extern "topup ledger mandates" [
    --csv                     # Write comma-separated values with a heading
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger mandates provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger mandates color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup ledger credit reference" [] {
    [ "admin" "payment" "system" ]
  }

  def "nu-complete topup ledger credit provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger credit color" [] {
    [ "auto" "always" "never" ]
  }

  # Put money into an account
  export extern "topup ledger credit" [
    --reference: string@"nu-complete topup ledger credit reference" # Reason for the credit
    --description: string     # Text for the books
    --key: string             # Book it once under this key, however often it is asked for
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger credit provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger credit color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    amount: string            # Amount, in the currency of the mandate
  ]

  def "nu-complete topup ledger check provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger check color" [] {
    [ "auto" "always" "never" ]
  }

  # Succeed only when the budget has room for this cost
  export extern "topup ledger check" [
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger check provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger check color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    cost: string              # Name the cost, with the markup in it; 0 asks whether anything is left
  ]

  def "nu-complete topup ledger run provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger run color" [] {
    [ "auto" "always" "never" ]
  }

  # Check the budget, run a command, record what it cost
  export extern "topup ledger run" [
    --estimate: string        # Estimated price, before the markup; recorded when the command reports none
    --for-provider: string    # Provider that is paid, such as openai
    --workflow: string        # Workflow that it belongs to
    --feature-code: string    # Feature that it belongs to
    --feature-instance: string # Instance of the feature
    --description: string     # Text for the books; without it 'AI usage: PROVIDER'
    --strict                  # Hold the estimate back while it runs, so that runs side by side never overdraw the account
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger run provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger run color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup ledger record provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger record color" [] {
    [ "auto" "always" "never" ]
  }

  # Record what a use cost
  export extern "topup ledger record" [
    --for-provider: string    # Provider that is paid, such as openai
    --workflow: string        # Workflow that it belongs to
    --feature-code: string    # Feature that it belongs to
    --feature-instance: string # Instance of the feature
    --description: string     # Text for the books; without it 'AI usage: PROVIDER'
    --key: string             # Record it once under this key, however often it is asked for
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger record provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger record color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    base_price: string        # Price that the provider charges, before the markup
  ]

  def "nu-complete topup ledger price provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger price color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what a base price costs with the markup
  export extern "topup ledger price" [
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger price provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger price color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    base_price: string        # Price that the provider charges, before the markup
  ]

  def "nu-complete topup ledger balance provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger balance color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what is left
  export extern "topup ledger balance" [
    --all                     # Show every account, or every mandate's for one user
    --csv                     # Write comma-separated values with a heading
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger balance provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger balance color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup ledger transactions provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger transactions color" [] {
    [ "auto" "always" "never" ]
  }

  # List the transactions, newest first
  export extern "topup ledger transactions" [
    --limit: string           # Show at most this many
    --since: string           # Show none from before this day or time
    --before: string          # Show what is older than the transaction with this id, such as the last one shown
    --csv                     # Write comma-separated values with a heading
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger transactions provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger transactions color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup ledger stats by" [] {
    [ "day" "month" "provider" "user" "feature" ]
  }

  def "nu-complete topup ledger stats provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger stats color" [] {
    [ "auto" "always" "never" ]
  }

  # Sum up what was used
  export extern "topup ledger stats" [
    --by: string@"nu-complete topup ledger stats by" # What to sum up by
    --since: string           # Leave out what was used before this day or time
    --csv                     # Write comma-separated values with a heading
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger stats provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger stats color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup ledger allow provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger allow color" [] {
    [ "auto" "always" "never" ]
  }

  # Allow a provider
  export extern "topup ledger allow" [
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger allow provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger allow color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    paid: string              # Provider, such as openai
  ]

  def "nu-complete topup ledger deny provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger deny color" [] {
    [ "auto" "always" "never" ]
  }

  # Deny a provider
  export extern "topup ledger deny" [
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger deny provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger deny color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    paid: string              # Provider, such as openai
  ]

  def "nu-complete topup ledger providers provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger providers color" [] {
    [ "auto" "always" "never" ]
  }

  # List the rules about providers
  export extern "topup ledger providers" [
    --csv                     # Write comma-separated values with a heading
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger providers provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger providers color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup ledger export format" [] {
    [ "hledger" "beancount" ]
  }

  def "nu-complete topup ledger export provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup ledger export color" [] {
    [ "auto" "always" "never" ]
  }

  # Write the books as plain-text accounting
  export extern "topup ledger export" [
    --format: string@"nu-complete topup ledger export format" # Write in the format of this program
    --mandate: string         # Mandate whose budget is meant; without it the profile's, else the only one there is
    --user: string            # User that the operation is for
    --provider: string@"nu-complete topup ledger export provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup ledger export color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup ledger help" [
  ]

  # Make a mandate, or change what is given
  export extern "topup ledger help init" [
  ]

  # List the mandates and their settings
  export extern "topup ledger help mandates" [
  ]

  # Put money into an account
  export extern "topup ledger help credit" [
  ]

  # Succeed only when the budget has room for this cost
  export extern "topup ledger help check" [
  ]

  # Check the budget, run a command, record what it cost
  export extern "topup ledger help run" [
  ]

  # Record what a use cost
  export extern "topup ledger help record" [
  ]

  # Show what a base price costs with the markup
  export extern "topup ledger help price" [
  ]

  # Show what is left
  export extern "topup ledger help balance" [
  ]

  # List the transactions, newest first
  export extern "topup ledger help transactions" [
  ]

  # Sum up what was used
  export extern "topup ledger help stats" [
  ]

  # Allow a provider
  export extern "topup ledger help allow" [
  ]

  # Deny a provider
  export extern "topup ledger help deny" [
  ]

  # List the rules about providers
  export extern "topup ledger help providers" [
  ]

  # Write the books as plain-text accounting
  export extern "topup ledger help export" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup ledger help help" [
  ]

  def "nu-complete topup login provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup login color" [] {
    [ "auto" "always" "never" ]
  }

  # Log in at the portal, or ask for permission to spend
  export extern "topup login" [
    --step-up                 # Ask for permission to spend, beside what the login may do already
    --hermes                  # Use the login that Hermes has on this machine, where Hermes keeps it
    --scope: string           # Ask for these scopes, with spaces between
    --no-browser              # Print the link and open no browser
    --no-wait                 # Print the link and return; 'login --finish' completes it
    --finish                  # Complete the login that --no-wait began
    --token-stdin             # Read an access token from standard input instead
    --username: string        # Log in under this username, where a system takes a password; asked for when left out
    --password-stdin          # Read the password from standard input
    --approve                 # Approve it as well: on the sandbox only
    --provider: string@"nu-complete topup login provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup login color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup logout provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup logout color" [] {
    [ "auto" "always" "never" ]
  }

  # Forget the login of this portal
  export extern "topup logout" [
    --provider: string@"nu-complete topup logout provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup logout color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup whoami provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup whoami color" [] {
    [ "auto" "always" "never" ]
  }

  # Show who is logged in, where, and until when
  export extern "topup whoami" [
    --offline                 # Say what is known here, and ask the portal nothing
    --provider: string@"nu-complete topup whoami provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup whoami color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup open page" [] {
    [ "topup" "plan" "limit" ]
  }

  def "nu-complete topup open provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup open color" [] {
    [ "auto" "always" "never" ]
  }

  # Open a page of the portal, or print its link
  export extern "topup open" [
    --provider: string@"nu-complete topup open provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup open color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    page?: string@"nu-complete topup open page" # Which page
  ]

  def "nu-complete topup sandbox provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox color" [] {
    [ "auto" "always" "never" ]
  }

  # Serve, reset, change or break a portal of your own
  export extern "topup sandbox" [
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup sandbox serve provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox serve color" [] {
    [ "auto" "always" "never" ]
  }

  # Serve the portal until it is told to stop
  export extern "topup sandbox serve" [
    --listen: string          # Address to listen on; one that other machines can reach gives a warning
    --ready-file: path        # File to write the URL and tokens to, as one line of JSON, once it answers
    --auto-approve            # Approve every login as soon as it is asked for
    --settle-after: string    # Time until a charge is settled
    --no-rate-limit           # Take any number of charges an hour
    --ephemeral               # Forget everything when it stops
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox serve provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox serve color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup sandbox reset provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox reset color" [] {
    [ "auto" "always" "never" ]
  }

  # Forget everything and begin a new account
  export extern "topup sandbox reset" [
    --newcomer                # Begin without permission to spend and without a card, as a newcomer does
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox reset provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox reset color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup sandbox set provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox set color" [] {
    [ "auto" "always" "never" ]
  }

  # Change the account, such as balance=3.40 card=none clock=+25h
  export extern "topup sandbox set" [
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox set provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox set color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    ...assignments: string    # What to change
  ]

  def "nu-complete topup sandbox spend provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox spend color" [] {
    [ "auto" "always" "never" ]
  }

  # Use credits up, as paid services do
  export extern "topup sandbox spend" [
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox spend provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox spend color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    amount: string            # Dollars to use up
  ]

  def "nu-complete topup sandbox revoke what" [] {
    [ "session" "spending" ]
  }

  def "nu-complete topup sandbox revoke provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox revoke color" [] {
    [ "auto" "always" "never" ]
  }

  # Revoke every session, or spending from every terminal
  export extern "topup sandbox revoke" [
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox revoke provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox revoke color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    what: string@"nu-complete topup sandbox revoke what" # What to revoke
  ]

  def "nu-complete topup sandbox faults provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox faults color" [] {
    [ "auto" "always" "never" ]
  }

  # Break requests on purpose
  export extern "topup sandbox faults" [
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox faults provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox faults color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup sandbox faults add provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox faults add color" [] {
    [ "auto" "always" "never" ]
  }

  # Add a fault that waits for its request
  export extern "topup sandbox faults add" [
    --lose-response           # Do the work and close the connection without an answer
    --drop-before             # Close the connection before any work
    --truncate                # Do the work and send half of the answer
    --delay: string           # Do the work this much later
    --html                    # Answer with a web page of somebody else
    --status: string          # Answer with this HTTP status
    --retry-after: string     # Say how many seconds to wait
    --body: path              # Answer with the bytes of this file
    --times: string           # How often it happens
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox faults add provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox faults add color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    target: string            # The request, such as 'POST /api/billing/charge'; a * at the end stands for anything
  ]

  def "nu-complete topup sandbox faults list provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox faults list color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the faults that still wait
  export extern "topup sandbox faults list" [
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox faults list provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox faults list color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup sandbox faults clear provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox faults clear color" [] {
    [ "auto" "always" "never" ]
  }

  # Forget every fault
  export extern "topup sandbox faults clear" [
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox faults clear provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox faults clear color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup sandbox faults help" [
  ]

  # Add a fault that waits for its request
  export extern "topup sandbox faults help add" [
  ]

  # Show the faults that still wait
  export extern "topup sandbox faults help list" [
  ]

  # Forget every fault
  export extern "topup sandbox faults help clear" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup sandbox faults help help" [
  ]

  def "nu-complete topup sandbox log provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox log color" [] {
    [ "auto" "always" "never" ]
  }

  # Show every request that was seen, tokens cut out
  export extern "topup sandbox log" [
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox log provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox log color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup sandbox charges provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup sandbox charges color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what was charged, for credits and for plans, newest first
  export extern "topup sandbox charges" [
    --state: path             # Use the state in this file instead of sandbox.db
    --provider: string@"nu-complete topup sandbox charges provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup sandbox charges color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup sandbox help" [
  ]

  # Serve the portal until it is told to stop
  export extern "topup sandbox help serve" [
  ]

  # Forget everything and begin a new account
  export extern "topup sandbox help reset" [
  ]

  # Change the account, such as balance=3.40 card=none clock=+25h
  export extern "topup sandbox help set" [
  ]

  # Use credits up, as paid services do
  export extern "topup sandbox help spend" [
  ]

  # Revoke every session, or spending from every terminal
  export extern "topup sandbox help revoke" [
  ]

  # Break requests on purpose
  export extern "topup sandbox help faults" [
  ]

  # Add a fault that waits for its request
  export extern "topup sandbox help faults add" [
  ]

  # Show the faults that still wait
  export extern "topup sandbox help faults list" [
  ]

  # Forget every fault
  export extern "topup sandbox help faults clear" [
  ]

  # Show every request that was seen, tokens cut out
  export extern "topup sandbox help log" [
  ]

  # Show what was charged, for credits and for plans, newest first
  export extern "topup sandbox help charges" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup sandbox help help" [
  ]

  def "nu-complete topup doctor provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup doctor color" [] {
    [ "auto" "always" "never" ]
  }

  # Say what is wrong here, and the command that mends it
  export extern "topup doctor" [
    --offline                 # Ask no server anything
    --provider: string@"nu-complete topup doctor provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup doctor color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup config provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup config color" [] {
    [ "auto" "always" "never" ]
  }

  # Show and change the configuration
  export extern "topup config" [
    --provider: string@"nu-complete topup config provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup config color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup config path provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup config path color" [] {
    [ "auto" "always" "never" ]
  }

  # Print where the configuration is
  export extern "topup config path" [
    --provider: string@"nu-complete topup config path provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup config path color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup config list provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup config list color" [] {
    [ "auto" "always" "never" ]
  }

  # List every setting that holds, and where it comes from
  export extern "topup config list" [
    --provider: string@"nu-complete topup config list provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup config list color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete topup config get provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup config get color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the value that holds, bare; nothing where nothing is set
  export extern "topup config get" [
    --provider: string@"nu-complete topup config get provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup config get color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    key: string               # The key, such as max_per_day
  ]

  def "nu-complete topup config set provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup config set color" [] {
    [ "auto" "always" "never" ]
  }

  # Set a key of a profile; file and profile are made where they are missing
  export extern "topup config set" [
    --provider: string@"nu-complete topup config set provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup config set color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    key: string               # The key, such as max_per_day
    ...value: string          # The value; credential_command takes a program and its arguments, behind '--'
  ]

  def "nu-complete topup config unset provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup config unset color" [] {
    [ "auto" "always" "never" ]
  }

  # Take a key out of a profile
  export extern "topup config unset" [
    --provider: string@"nu-complete topup config unset provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup config unset color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    key: string               # The key, such as max_per_day
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup config help" [
  ]

  # Print where the configuration is
  export extern "topup config help path" [
  ]

  # List every setting that holds, and where it comes from
  export extern "topup config help list" [
  ]

  # Print the value that holds, bare; nothing where nothing is set
  export extern "topup config help get" [
  ]

  # Set a key of a profile; file and profile are made where they are missing
  export extern "topup config help set" [
  ]

  # Take a key out of a profile
  export extern "topup config help unset" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup config help help" [
  ]

  def "nu-complete topup explain provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup explain color" [] {
    [ "auto" "always" "never" ]
  }

  # Explain an exit code, a class or a topic, or show the whole table
  export extern "topup explain" [
    --provider: string@"nu-complete topup explain provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup explain color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    what?: string             # An exit code, the name of a class, or a topic such as exactly-once
  ]

  def "nu-complete topup completions shell" [] {
    [ "bash" "elvish" "fish" "nushell" "powershell" "zsh" ]
  }

  def "nu-complete topup completions provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup completions color" [] {
    [ "auto" "always" "never" ]
  }

  # Print a completion script
  export extern "topup completions" [
    --provider: string@"nu-complete topup completions provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup completions color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    shell: string@"nu-complete topup completions shell" # Which shell
  ]

  def "nu-complete topup schema provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup schema color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the JSON Schemas of the answers
  export extern "topup schema" [
    --provider: string@"nu-complete topup schema provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup schema color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    command?: string          # The verb whose document is meant; all of them when left out
  ]

  def "nu-complete topup generate provider" [] {
    [ "nous" "ciris" "byterover" "ledger" ]
  }

  def "nu-complete topup generate color" [] {
    [ "auto" "always" "never" ]
  }

  # Write completions, manual pages and the table of the README
  export extern "topup generate" [
    --provider: string@"nu-complete topup generate provider" # Choose the billing system
    --profile: string         # Choose a profile of the configuration
    --portal-url: string      # Talk to the system at this base URL
    --sandbox                 # Use the portal inside this program: no account, no real money
    --json                    # Answer with one JSON document, on failure too
    --get: string             # Print one value of the answer, bare, such as balance_usd
    --link                    # Print the portal link for this command and do nothing else
    --yes(-y)                 # Go ahead without asking
    --no-input                # Never ask anything
    --quiet(-q)               # Show no progress and no notes
    --verbose(-v)             # Show each request with secrets cut out
    --color: string@"nu-complete topup generate color" # Say when to colour
    --timeout: string         # Wait at most this long for one answer
    --insecure-http           # Accept a plain http portal that is not on this machine
    --help(-h)                # Print help (see more with '--help')
    folder: path              # The folder of the project
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup help" [
  ]

  # Show balance, role, card, auto-reload and monthly limit
  export extern "topup help state" [
  ]

  # Buy credits: confirm, charge once, wait until it is settled
  export extern "topup help buy" [
  ]

  # Show where a purchase stands
  export extern "topup help status" [
  ]

  # Finish every open purchase, or find out what became of it
  export extern "topup help resume" [
  ]

  # Show the journal of purchases
  export extern "topup help history" [
  ]

  # List what came in and what was used, as the system tells it
  export extern "topup help transactions" [
  ]

  # Show, set or switch off automatic purchases
  export extern "topup help auto-reload" [
  ]

  # Show the monthly limit and what is left of it
  export extern "topup help limit" [
  ]

  # Succeed only when enough credits are there
  export extern "topup help check" [
  ]

  # Buy only when less is there; safe to run from many jobs at once
  export extern "topup help ensure" [
  ]

  # Keep an eye on a balance, and run a command or send a notice once each time it falls
  export extern "topup help watch" [
  ]

  # List the teams whose credits can be used, and pin one to a project
  export extern "topup help team" [
  ]

  # List the teams with their tiers and credits
  export extern "topup help team list" [
  ]

  # Show which team the project has pinned
  export extern "topup help team show" [
  ]

  # Pin a paid team, which is billed for the project from then on
  export extern "topup help team pin" [
  ]

  # Leave the choice of the team to the rules again
  export extern "topup help team unpin" [
  ]

  # Show the plan of the subscription, preview a change, change it
  export extern "topup help plan" [
  ]

  # Show the plan in force, what is scheduled, and the plans there are
  export extern "topup help plan show" [
  ]

  # Show what a change to a plan would do and cost, and change nothing
  export extern "topup help plan preview" [
  ]

  # Change to a smaller plan at the end of the month that is paid for; never charges
  export extern "topup help plan change" [
  ]

  # End the subscription with the month that is paid for
  export extern "topup help plan cancel" [
  ]

  # Take a scheduled change or cancellation back
  export extern "topup help plan resume" [
  ]

  # Change to a larger plan at once and charge the saved card for it, once
  export extern "topup help plan upgrade" [
  ]

  # Put a prepaid budget in front of paid commands: check, run, record, sum up
  export extern "topup help ledger" [
  ]

  # Make a mandate, or change what is given
  export extern "topup help ledger init" [
  ]

  # List the mandates and their settings
  export extern "topup help ledger mandates" [
  ]

  # Put money into an account
  export extern "topup help ledger credit" [
  ]

  # Succeed only when the budget has room for this cost
  export extern "topup help ledger check" [
  ]

  # Check the budget, run a command, record what it cost
  export extern "topup help ledger run" [
  ]

  # Record what a use cost
  export extern "topup help ledger record" [
  ]

  # Show what a base price costs with the markup
  export extern "topup help ledger price" [
  ]

  # Show what is left
  export extern "topup help ledger balance" [
  ]

  # List the transactions, newest first
  export extern "topup help ledger transactions" [
  ]

  # Sum up what was used
  export extern "topup help ledger stats" [
  ]

  # Allow a provider
  export extern "topup help ledger allow" [
  ]

  # Deny a provider
  export extern "topup help ledger deny" [
  ]

  # List the rules about providers
  export extern "topup help ledger providers" [
  ]

  # Write the books as plain-text accounting
  export extern "topup help ledger export" [
  ]

  # Log in at the portal, or ask for permission to spend
  export extern "topup help login" [
  ]

  # Forget the login of this portal
  export extern "topup help logout" [
  ]

  # Show who is logged in, where, and until when
  export extern "topup help whoami" [
  ]

  # Open a page of the portal, or print its link
  export extern "topup help open" [
  ]

  # Serve, reset, change or break a portal of your own
  export extern "topup help sandbox" [
  ]

  # Serve the portal until it is told to stop
  export extern "topup help sandbox serve" [
  ]

  # Forget everything and begin a new account
  export extern "topup help sandbox reset" [
  ]

  # Change the account, such as balance=3.40 card=none clock=+25h
  export extern "topup help sandbox set" [
  ]

  # Use credits up, as paid services do
  export extern "topup help sandbox spend" [
  ]

  # Revoke every session, or spending from every terminal
  export extern "topup help sandbox revoke" [
  ]

  # Break requests on purpose
  export extern "topup help sandbox faults" [
  ]

  # Add a fault that waits for its request
  export extern "topup help sandbox faults add" [
  ]

  # Show the faults that still wait
  export extern "topup help sandbox faults list" [
  ]

  # Forget every fault
  export extern "topup help sandbox faults clear" [
  ]

  # Show every request that was seen, tokens cut out
  export extern "topup help sandbox log" [
  ]

  # Show what was charged, for credits and for plans, newest first
  export extern "topup help sandbox charges" [
  ]

  # Say what is wrong here, and the command that mends it
  export extern "topup help doctor" [
  ]

  # Show and change the configuration
  export extern "topup help config" [
  ]

  # Print where the configuration is
  export extern "topup help config path" [
  ]

  # List every setting that holds, and where it comes from
  export extern "topup help config list" [
  ]

  # Print the value that holds, bare; nothing where nothing is set
  export extern "topup help config get" [
  ]

  # Set a key of a profile; file and profile are made where they are missing
  export extern "topup help config set" [
  ]

  # Take a key out of a profile
  export extern "topup help config unset" [
  ]

  # Explain an exit code, a class or a topic, or show the whole table
  export extern "topup help explain" [
  ]

  # Print a completion script
  export extern "topup help completions" [
  ]

  # Print the JSON Schemas of the answers
  export extern "topup help schema" [
  ]

  # Write completions, manual pages and the table of the README
  export extern "topup help generate" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "topup help help" [
  ]

}

export use completions *
