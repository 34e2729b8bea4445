
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'topup' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'topup'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'topup' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('state', 'state', [CompletionResultType]::ParameterValue, 'Show balance, role, card, auto-reload and monthly limit')
            [CompletionResult]::new('buy', 'buy', [CompletionResultType]::ParameterValue, 'Buy credits: confirm, charge once, wait until it is settled')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show where a purchase stands')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Finish every open purchase, or find out what became of it')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List purchases and their outcomes, from the journal')
            [CompletionResult]::new('journal', 'journal', [CompletionResultType]::ParameterValue, 'Copy, move or accept the journal of purchases')
            [CompletionResult]::new('transactions', 'transactions', [CompletionResultType]::ParameterValue, 'List credits bought and used, as the system reports them')
            [CompletionResult]::new('auto-reload', 'auto-reload', [CompletionResultType]::ParameterValue, 'Show, set or switch off automatic purchases')
            [CompletionResult]::new('limit', 'limit', [CompletionResultType]::ParameterValue, 'Show the monthly limit and what is left of it')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Succeed only when enough credits are there')
            [CompletionResult]::new('ensure', 'ensure', [CompletionResultType]::ParameterValue, 'Buy only when the balance is low; safe to run from many jobs at once')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Watch a balance; run a command or send a notice when it falls')
            [CompletionResult]::new('metrics', 'metrics', [CompletionResultType]::ParameterValue, 'Print the balance of every profile for Prometheus')
            [CompletionResult]::new('team', 'team', [CompletionResultType]::ParameterValue, 'List the teams whose credits can be used; pin one to a project')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show the plan of the subscription, preview a change, change it')
            [CompletionResult]::new('ledger', 'ledger', [CompletionResultType]::ParameterValue, 'Keep a prepaid budget: check it, run paid commands, record costs')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in at the portal, or ask for permission to spend')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the login of this portal')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show who is logged in, where, and until when')
            [CompletionResult]::new('open', 'open', [CompletionResultType]::ParameterValue, 'Open a page of the portal, or print its link')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Run and control the built-in test portal')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong here, and the command that fixes it')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show and change the configuration')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain an exit code, a class or a topic')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script, or install it')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a page of the manual, or install all of them')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schemas of the answers')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write completions and manual pages')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;state' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Root of the project that chooses the team, at systems with teams')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Use this team instead of the one that the project has chosen')
            [CompletionResult]::new('--low', '--low', [CompletionResultType]::ParameterName, 'With --waybar: set the class ''low'' below this balance')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--brief', '--brief', [CompletionResultType]::ParameterName, 'Print one line and always end with 0, for prompts and bars')
            [CompletionResult]::new('--waybar', '--waybar', [CompletionResultType]::ParameterName, 'Print one JSON line for Waybar and always end with 0')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show every profile of the configuration')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;buy' {
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'Name the purchase; a name buys once, on any machine')
            [CompletionResult]::new('--once-since', '--once-since', [CompletionResultType]::ParameterName, 'Earliest time this name may have been used, such as 2026-11-20T12:00:00Z')
            [CompletionResult]::new('--idempotency-key', '--idempotency-key', [CompletionResultType]::ParameterName, 'Send this idempotency key instead of a generated one')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'Refuse to pay more than this')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait this long for the purchase to settle [default: 5m]')
            [CompletionResult]::new('--poll', '--poll', [CompletionResultType]::ParameterName, 'Time between two checks of the purchase')
            [CompletionResult]::new('--return-url', '--return-url', [CompletionResultType]::ParameterName, 'Send the browser to this address once a person has paid there')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--retry-declined', '--retry-declined', [CompletionResultType]::ParameterName, 'Try again under the same name after the card was declined')
            [CompletionResult]::new('--new', '--new', [CompletionResultType]::ParameterName, 'Start a new purchase even if one of this amount is open')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Return as soon as the purchase is accepted')
            [CompletionResult]::new('--show-client-secret', '--show-client-secret', [CompletionResultType]::ParameterName, 'Print the secret with which another program can confirm the payment')
            [CompletionResult]::new('--balance', '--balance', [CompletionResultType]::ParameterName, 'Read the balance after the purchase, for 5 seconds at most')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and send nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;status' {
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until it is final, for 5 minutes or as long as given')
            [CompletionResult]::new('--poll', '--poll', [CompletionResultType]::ParameterName, 'Time between two checks of the purchase')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;resume' {
            [CompletionResult]::new('--mark', '--mark', [CompletionResultType]::ParameterName, 'Record what the portal shows: charged=CHARGE_ID or not-charged')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Keep the reason with what is recorded')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait this long for the purchase to settle [default: 5m]')
            [CompletionResult]::new('--poll', '--poll', [CompletionResultType]::ParameterName, 'Time between two checks of the purchase')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Return as soon as the purchase is accepted')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;history' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show at most this many [default: 50, with --csv all]')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only from this time on: 2026-11-29, 2026-11, 2026-11-29T12:00Z, 7d, yesterday')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only up to this time; a day or a month is included')
            [CompletionResult]::new('--tz', '--tz', [CompletionResultType]::ParameterName, 'Time zone of days and of times without one, such as Europe/Zurich or +01:00')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'Choose what each bar of the chart stands for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write comma-separated values with a heading')
            [CompletionResult]::new('--chart', '--chart', [CompletionResultType]::ParameterName, 'Show what was bought as a bar for each day or month')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;journal' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Copy the journal into a file, whole, while others use it')
            [CompletionResult]::new('accept', 'accept', [CompletionResultType]::ParameterValue, 'Confirm that you compared a restored journal with the portals')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Move the purchases and logins of this machine to the shared store')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Move the purchases of the shared store to the files of this machine')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;journal;backup' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;journal;accept' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;journal;import' {
            [CompletionResult]::new('--leave', '--leave', [CompletionResultType]::ParameterName, 'Name or id of a finished purchase that stays where it is; may be given several times')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;journal;export' {
            [CompletionResult]::new('--leave', '--leave', [CompletionResultType]::ParameterName, 'Name or id of a finished purchase that stays where it is; may be given several times')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;journal;help' {
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Copy the journal into a file, whole, while others use it')
            [CompletionResult]::new('accept', 'accept', [CompletionResultType]::ParameterValue, 'Confirm that you compared a restored journal with the portals')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Move the purchases and logins of this machine to the shared store')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Move the purchases of the shared store to the files of this machine')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;journal;help;backup' {
            break
        }
        'topup;journal;help;accept' {
            break
        }
        'topup;journal;help;import' {
            break
        }
        'topup;journal;help;export' {
            break
        }
        'topup;journal;help;help' {
            break
        }
        'topup;transactions' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show at most this many')
            [CompletionResult]::new('--offset', '--offset', [CompletionResultType]::ParameterName, 'Skip this many of the newest')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show all of them')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write comma-separated values with a heading')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;auto-reload' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--require-off', '--require-off', [CompletionResultType]::ParameterName, 'End with spend_guard (5) unless it is off; change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;limit' {
            [CompletionResult]::new('--require', '--require', [CompletionResultType]::ParameterName, 'End with monthly_cap_exceeded when less than this is left, in dollars, credits or uses')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Root of the project that chooses the team, at systems with teams')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Use this team instead of the one that the project has chosen')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;check' {
            [CompletionResult]::new('--at-least', '--at-least', [CompletionResultType]::ParameterName, 'End with insufficient_balance when less than this is there, in dollars, credits or uses')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Root of the project that chooses the team, at systems with teams')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Use this team instead of the one that the project has chosen')
            [CompletionResult]::new('--unit', '--unit', [CompletionResultType]::ParameterName, 'Count in this unit, such as usd or cny, where there are amounts in several')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ensure' {
            [CompletionResult]::new('--at-least', '--at-least', [CompletionResultType]::ParameterName, 'Buy when fewer dollars than this are left')
            [CompletionResult]::new('--buy', '--buy', [CompletionResultType]::ParameterName, 'Amount to buy; give this or --to')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Balance to buy up to; give this or --buy')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'Name the purchase; a name buys once, on any machine')
            [CompletionResult]::new('--once-since', '--once-since', [CompletionResultType]::ParameterName, 'Earliest time this name may have been used, such as 2026-11-20T12:00:00Z')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'Refuse to pay more than this')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait this long for the purchase to settle [default: 5m]')
            [CompletionResult]::new('--poll', '--poll', [CompletionResultType]::ParameterName, 'Time between two checks of the purchase')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--retry-declined', '--retry-declined', [CompletionResultType]::ParameterName, 'Try again after the card was declined')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Return as soon as the purchase is accepted')
            [CompletionResult]::new('--balance', '--balance', [CompletionResultType]::ParameterName, 'Read the balance after a purchase, for 5 seconds at most')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and send nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;watch' {
            [CompletionResult]::new('--below', '--below', [CompletionResultType]::ParameterName, 'Report below this amount, or below percent such as 10%')
            [CompletionResult]::new('--of', '--of', [CompletionResultType]::ParameterName, 'Amount that is 100 %, where the system does not say it')
            [CompletionResult]::new('--every', '--every', [CompletionResultType]::ParameterName, 'Time between two checks')
            [CompletionResult]::new('--cooldown', '--cooldown', [CompletionResultType]::ParameterName, 'Shortest time between two notices of one threshold')
            [CompletionResult]::new('--remind', '--remind', [CompletionResultType]::ParameterName, 'Report again after this while it stays low')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Root of the project that chooses the team, at systems with teams')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Use this team instead of the one that the project has chosen')
            [CompletionResult]::new('--unit', '--unit', [CompletionResultType]::ParameterName, 'Count in this unit, such as usd or cny, where there are amounts in several')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--one-look', '--one-look', [CompletionResultType]::ParameterName, 'Check once and end with 0, low or not; for timers')
            [CompletionResult]::new('--notify', '--notify', [CompletionResultType]::ParameterName, 'Send a notice by mail and webhook')
            [CompletionResult]::new('--recovery', '--recovery', [CompletionResultType]::ParameterName, 'Report as well when enough is there again')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;metrics' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write it to this file instead, whole or not at all')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Give every sample this label; repeat it for further ones')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;team' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Act on the project at this root instead of the one around the working directory')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the teams with their tiers and credits')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show which team the project has pinned')
            [CompletionResult]::new('pin', 'pin', [CompletionResultType]::ParameterValue, 'Pin a paid team, which is billed for the project from then on')
            [CompletionResult]::new('unpin', 'unpin', [CompletionResultType]::ParameterValue, 'Remove the pin; the default rules choose the team again')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;team;list' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Act on the project at this root instead of the one around the working directory')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;team;show' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Act on the project at this root instead of the one around the working directory')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;team;pin' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Act on the project at this root instead of the one around the working directory')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;team;unpin' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Act on the project at this root instead of the one around the working directory')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;team;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the teams with their tiers and credits')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show which team the project has pinned')
            [CompletionResult]::new('pin', 'pin', [CompletionResultType]::ParameterValue, 'Pin a paid team, which is billed for the project from then on')
            [CompletionResult]::new('unpin', 'unpin', [CompletionResultType]::ParameterValue, 'Remove the pin; the default rules choose the team again')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;team;help;list' {
            break
        }
        'topup;team;help;show' {
            break
        }
        'topup;team;help;pin' {
            break
        }
        'topup;team;help;unpin' {
            break
        }
        'topup;team;help;help' {
            break
        }
        'topup;plan' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the plan in force, what is scheduled, and the plans there are')
            [CompletionResult]::new('preview', 'preview', [CompletionResultType]::ParameterValue, 'Show what a change to a plan would do and cost, and change nothing')
            [CompletionResult]::new('change', 'change', [CompletionResultType]::ParameterValue, 'Change to a smaller plan when the paid month ends; never charges')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'End the subscription with the month that is paid for')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Undo a scheduled change or cancellation')
            [CompletionResult]::new('upgrade', 'upgrade', [CompletionResultType]::ParameterValue, 'Change to a larger plan at once; the saved card is charged, once')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;plan;show' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;plan;preview' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;plan;change' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;plan;cancel' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;plan;resume' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;plan;upgrade' {
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'Name the purchase; a name buys once, on any machine')
            [CompletionResult]::new('--once-since', '--once-since', [CompletionResultType]::ParameterName, 'Earliest time this name may have been used, such as 2026-11-20T12:00:00Z')
            [CompletionResult]::new('--idempotency-key', '--idempotency-key', [CompletionResultType]::ParameterName, 'Send this idempotency key instead of a generated one')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'Refuse to pay more than this')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait this long for the purchase to settle [default: 5m]')
            [CompletionResult]::new('--poll', '--poll', [CompletionResultType]::ParameterName, 'Time between two checks of the purchase')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--retry-declined', '--retry-declined', [CompletionResultType]::ParameterName, 'Try again under the same name after the card was declined')
            [CompletionResult]::new('--new', '--new', [CompletionResultType]::ParameterName, 'Start a new purchase even if one of this amount is open')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Return as soon as the purchase is accepted')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and charge nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;plan;help' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the plan in force, what is scheduled, and the plans there are')
            [CompletionResult]::new('preview', 'preview', [CompletionResultType]::ParameterValue, 'Show what a change to a plan would do and cost, and change nothing')
            [CompletionResult]::new('change', 'change', [CompletionResultType]::ParameterValue, 'Change to a smaller plan when the paid month ends; never charges')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'End the subscription with the month that is paid for')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Undo a scheduled change or cancellation')
            [CompletionResult]::new('upgrade', 'upgrade', [CompletionResultType]::ParameterValue, 'Change to a larger plan at once; the saved card is charged, once')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;plan;help;show' {
            break
        }
        'topup;plan;help;preview' {
            break
        }
        'topup;plan;help;change' {
            break
        }
        'topup;plan;help;cancel' {
            break
        }
        'topup;plan;help;resume' {
            break
        }
        'topup;plan;help;upgrade' {
            break
        }
        'topup;plan;help;help' {
            break
        }
        'topup;ledger' {
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Create a mandate or update its settings')
            [CompletionResult]::new('mandates', 'mandates', [CompletionResultType]::ParameterValue, 'List the mandates and their settings')
            [CompletionResult]::new('credit', 'credit', [CompletionResultType]::ParameterValue, 'Put money into an account')
            [CompletionResult]::new('reverse', 'reverse', [CompletionResultType]::ParameterValue, 'Book the opposite of a transaction, once')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Succeed only when the budget has room for this cost')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Check the budget, run a command, record what it cost')
            [CompletionResult]::new('record', 'record', [CompletionResultType]::ParameterValue, 'Record what a use cost')
            [CompletionResult]::new('price', 'price', [CompletionResultType]::ParameterValue, 'Show what a base price costs with the markup')
            [CompletionResult]::new('balance', 'balance', [CompletionResultType]::ParameterValue, 'Show what is left')
            [CompletionResult]::new('transactions', 'transactions', [CompletionResultType]::ParameterValue, 'List the transactions, newest first')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Sum up what was used')
            [CompletionResult]::new('allow', 'allow', [CompletionResultType]::ParameterValue, 'Allow a provider')
            [CompletionResult]::new('deny', 'deny', [CompletionResultType]::ParameterValue, 'Deny a provider')
            [CompletionResult]::new('providers', 'providers', [CompletionResultType]::ParameterValue, 'List the rules about providers')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the books as plain-text accounting')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;ledger;init' {
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'Model of the budget: who pays, and from what; a new mandate needs it')
            [CompletionResult]::new('--currency', '--currency', [CompletionResultType]::ParameterName, 'Currency, in three capital letters; CHF for a new mandate')
            [CompletionResult]::new('--markup', '--markup', [CompletionResultType]::ParameterName, 'Percent to add to every base price; 50 for a new mandate')
            [CompletionResult]::new('--notify', '--notify', [CompletionResultType]::ParameterName, 'Address to send a notice to when the pool does not cover a cost; several, a JSON array, or '''' for none')
            [CompletionResult]::new('--cooldown', '--cooldown', [CompletionResultType]::ParameterName, 'Shortest time between two notices; 1h for a new mandate')
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;mandates' {
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write comma-separated values with a heading')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;credit' {
            [CompletionResult]::new('--reference', '--reference', [CompletionResultType]::ParameterName, 'Reason for the credit')
            [CompletionResult]::new('--description', '--description', [CompletionResultType]::ParameterName, 'Text for the books')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Book it once under this key, however often the command runs')
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;reverse' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason, for the books')
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;check' {
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'Take the cost for a base price and add the markup')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;run' {
            [CompletionResult]::new('--estimate', '--estimate', [CompletionResultType]::ParameterName, 'Estimated price, before the markup')
            [CompletionResult]::new('--for-provider', '--for-provider', [CompletionResultType]::ParameterName, 'Provider that is paid, such as openai')
            [CompletionResult]::new('--workflow', '--workflow', [CompletionResultType]::ParameterName, 'Workflow that it belongs to')
            [CompletionResult]::new('--feature-code', '--feature-code', [CompletionResultType]::ParameterName, 'Feature that it belongs to')
            [CompletionResult]::new('--feature-instance', '--feature-instance', [CompletionResultType]::ParameterName, 'Instance of the feature')
            [CompletionResult]::new('--description', '--description', [CompletionResultType]::ParameterName, 'Text for the books; without it ''AI usage: PROVIDER''')
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Hold the estimate back while it runs')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;record' {
            [CompletionResult]::new('--for-provider', '--for-provider', [CompletionResultType]::ParameterName, 'Provider that is paid, such as openai')
            [CompletionResult]::new('--workflow', '--workflow', [CompletionResultType]::ParameterName, 'Workflow that it belongs to')
            [CompletionResult]::new('--feature-code', '--feature-code', [CompletionResultType]::ParameterName, 'Feature that it belongs to')
            [CompletionResult]::new('--feature-instance', '--feature-instance', [CompletionResultType]::ParameterName, 'Instance of the feature')
            [CompletionResult]::new('--description', '--description', [CompletionResultType]::ParameterName, 'Text for the books; without it ''AI usage: PROVIDER''')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Record it once under this key, however often the command runs')
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;price' {
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;balance' {
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show every account, or every mandate''s for one user')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write comma-separated values with a heading')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;transactions' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show at most this many [default: 100, with --csv all]')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only from this time on: 2026-11-29, 2026-11, 2026-11-29T12:00Z, 7d, yesterday')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only up to this time; a day or a month is included')
            [CompletionResult]::new('--tz', '--tz', [CompletionResultType]::ParameterName, 'Time zone of days and of times without one, such as Europe/Zurich or +01:00')
            [CompletionResult]::new('--before', '--before', [CompletionResultType]::ParameterName, 'Show transactions older than the one with this id')
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write comma-separated values with a heading')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;stats' {
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'What to sum up by')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only from this time on: 2026-11-29, 2026-11, 2026-11-29T12:00Z, 7d, yesterday')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only up to this time; a day or a month is included')
            [CompletionResult]::new('--tz', '--tz', [CompletionResultType]::ParameterName, 'Time zone of days and of times without one, such as Europe/Zurich or +01:00')
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write comma-separated values with a heading')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;allow' {
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;deny' {
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and change nothing')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;providers' {
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Write comma-separated values with a heading')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;export' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Program to write for; ledger reads the format of hledger')
            [CompletionResult]::new('--tz', '--tz', [CompletionResultType]::ParameterName, 'Time zone of the days, such as Europe/Zurich or +01:00')
            [CompletionResult]::new('--mandate', '--mandate', [CompletionResultType]::ParameterName, 'Mandate whose budget is used')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User that the operation is for')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Write one book of all mandates')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;ledger;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Create a mandate or update its settings')
            [CompletionResult]::new('mandates', 'mandates', [CompletionResultType]::ParameterValue, 'List the mandates and their settings')
            [CompletionResult]::new('credit', 'credit', [CompletionResultType]::ParameterValue, 'Put money into an account')
            [CompletionResult]::new('reverse', 'reverse', [CompletionResultType]::ParameterValue, 'Book the opposite of a transaction, once')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Succeed only when the budget has room for this cost')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Check the budget, run a command, record what it cost')
            [CompletionResult]::new('record', 'record', [CompletionResultType]::ParameterValue, 'Record what a use cost')
            [CompletionResult]::new('price', 'price', [CompletionResultType]::ParameterValue, 'Show what a base price costs with the markup')
            [CompletionResult]::new('balance', 'balance', [CompletionResultType]::ParameterValue, 'Show what is left')
            [CompletionResult]::new('transactions', 'transactions', [CompletionResultType]::ParameterValue, 'List the transactions, newest first')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Sum up what was used')
            [CompletionResult]::new('allow', 'allow', [CompletionResultType]::ParameterValue, 'Allow a provider')
            [CompletionResult]::new('deny', 'deny', [CompletionResultType]::ParameterValue, 'Deny a provider')
            [CompletionResult]::new('providers', 'providers', [CompletionResultType]::ParameterValue, 'List the rules about providers')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the books as plain-text accounting')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;ledger;help;init' {
            break
        }
        'topup;ledger;help;mandates' {
            break
        }
        'topup;ledger;help;credit' {
            break
        }
        'topup;ledger;help;reverse' {
            break
        }
        'topup;ledger;help;check' {
            break
        }
        'topup;ledger;help;run' {
            break
        }
        'topup;ledger;help;record' {
            break
        }
        'topup;ledger;help;price' {
            break
        }
        'topup;ledger;help;balance' {
            break
        }
        'topup;ledger;help;transactions' {
            break
        }
        'topup;ledger;help;stats' {
            break
        }
        'topup;ledger;help;allow' {
            break
        }
        'topup;ledger;help;deny' {
            break
        }
        'topup;ledger;help;providers' {
            break
        }
        'topup;ledger;help;export' {
            break
        }
        'topup;ledger;help;help' {
            break
        }
        'topup;login' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Ask for these scopes, with spaces between')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'Log in under this username, where a system has passwords')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--step-up', '--step-up', [CompletionResultType]::ParameterName, 'Ask for permission to spend, in addition to reading')
            [CompletionResult]::new('--hermes', '--hermes', [CompletionResultType]::ParameterName, 'Use the login that Hermes has on this machine')
            [CompletionResult]::new('--brv', '--brv', [CompletionResultType]::ParameterName, 'Use the login that brv has on this machine, at ByteRover')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the link and open no browser')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Print the link and return; --finish completes it')
            [CompletionResult]::new('--finish', '--finish', [CompletionResultType]::ParameterName, 'Complete the login that --no-wait began')
            [CompletionResult]::new('--token-stdin', '--token-stdin', [CompletionResultType]::ParameterName, 'Read an access token or key from standard input')
            [CompletionResult]::new('--buying', '--buying', [CompletionResultType]::ParameterName, 'Store the key that buys, where another key reads the balance, as at Vercel')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--no-events', '--no-events', [CompletionResultType]::ParameterName, 'With --json: leave out the line with the link and the code, and write the document alone')
            [CompletionResult]::new('--approve', '--approve', [CompletionResultType]::ParameterName, 'Approve the login at once; on the sandbox only')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;logout' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;whoami' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Show what is stored here and send no request')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;open' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the portal until it is stopped')
            [CompletionResult]::new('reset', 'reset', [CompletionResultType]::ParameterValue, 'Delete everything and start with a new account')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change the account, such as balance=3.40 card=none clock=+25h')
            [CompletionResult]::new('spend', 'spend', [CompletionResultType]::ParameterValue, 'Use up credits, as paid services do')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke every session, or spending from every terminal')
            [CompletionResult]::new('faults', 'faults', [CompletionResultType]::ParameterValue, 'Break requests on purpose')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show every request received, without tokens')
            [CompletionResult]::new('charges', 'charges', [CompletionResultType]::ParameterValue, 'Show what was charged, for credits and for plans, newest first')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;sandbox;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Address to listen on')
            [CompletionResult]::new('--ready-file', '--ready-file', [CompletionResultType]::ParameterName, 'Write the URL and tokens to this file')
            [CompletionResult]::new('--settle-after', '--settle-after', [CompletionResultType]::ParameterName, 'Time until a charge is settled')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--auto-approve', '--auto-approve', [CompletionResultType]::ParameterName, 'Approve every login at once')
            [CompletionResult]::new('--no-rate-limit', '--no-rate-limit', [CompletionResultType]::ParameterName, 'Allow any number of charges an hour')
            [CompletionResult]::new('--ephemeral', '--ephemeral', [CompletionResultType]::ParameterName, 'Delete the account of the sandbox when it stops')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;reset' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--newcomer', '--newcomer', [CompletionResultType]::ParameterName, 'Start without permission to spend and without a card, like a new user')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;set' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;spend' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;revoke' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;faults' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a fault for a coming request')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the faults that are left')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Remove every fault')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;sandbox;faults;add' {
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'Process the request this much later')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Answer with this HTTP status')
            [CompletionResult]::new('--retry-after', '--retry-after', [CompletionResultType]::ParameterName, 'Ask the client to wait this many seconds')
            [CompletionResult]::new('--body', '--body', [CompletionResultType]::ParameterName, 'Answer with the bytes of this file')
            [CompletionResult]::new('--times', '--times', [CompletionResultType]::ParameterName, 'How often it happens')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--lose-response', '--lose-response', [CompletionResultType]::ParameterName, 'Process the request, but send no answer')
            [CompletionResult]::new('--drop-before', '--drop-before', [CompletionResultType]::ParameterName, 'Close the connection at once')
            [CompletionResult]::new('--truncate', '--truncate', [CompletionResultType]::ParameterName, 'Process the request and send half of the answer')
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Answer with a foreign web page')
            [CompletionResult]::new('--after-work', '--after-work', [CompletionResultType]::ParameterName, 'Process the request before that answer')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;faults;list' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;faults;clear' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;faults;help' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a fault for a coming request')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the faults that are left')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Remove every fault')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;sandbox;faults;help;add' {
            break
        }
        'topup;sandbox;faults;help;list' {
            break
        }
        'topup;sandbox;faults;help;clear' {
            break
        }
        'topup;sandbox;faults;help;help' {
            break
        }
        'topup;sandbox;log' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;charges' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Use the state in this file instead of sandbox.db')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;sandbox;help' {
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the portal until it is stopped')
            [CompletionResult]::new('reset', 'reset', [CompletionResultType]::ParameterValue, 'Delete everything and start with a new account')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change the account, such as balance=3.40 card=none clock=+25h')
            [CompletionResult]::new('spend', 'spend', [CompletionResultType]::ParameterValue, 'Use up credits, as paid services do')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke every session, or spending from every terminal')
            [CompletionResult]::new('faults', 'faults', [CompletionResultType]::ParameterValue, 'Break requests on purpose')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show every request received, without tokens')
            [CompletionResult]::new('charges', 'charges', [CompletionResultType]::ParameterValue, 'Show what was charged, for credits and for plans, newest first')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;sandbox;help;serve' {
            break
        }
        'topup;sandbox;help;reset' {
            break
        }
        'topup;sandbox;help;set' {
            break
        }
        'topup;sandbox;help;spend' {
            break
        }
        'topup;sandbox;help;revoke' {
            break
        }
        'topup;sandbox;help;faults' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a fault for a coming request')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the faults that are left')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Remove every fault')
            break
        }
        'topup;sandbox;help;faults;add' {
            break
        }
        'topup;sandbox;help;faults;list' {
            break
        }
        'topup;sandbox;help;faults;clear' {
            break
        }
        'topup;sandbox;help;log' {
            break
        }
        'topup;sandbox;help;charges' {
            break
        }
        'topup;sandbox;help;help' {
            break
        }
        'topup;doctor' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Send no request')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;config' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the configuration is')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List every setting in force and where it comes from')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value in force, bare; nothing where none is set')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set a key of a profile; create the file and the profile if missing')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Remove a key from a profile')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check every system of the file and try the selected one')
            [CompletionResult]::new('new-key', 'new-key', [CompletionResultType]::ParameterValue, 'Make a key for TOPUP_STATE_KEY, which encrypts shared logins')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;config;path' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;config;list' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;config;get' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;config;set' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;config;unset' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;config;check' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;config;new-key' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;config;help' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the configuration is')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List every setting in force and where it comes from')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value in force, bare; nothing where none is set')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set a key of a profile; create the file and the profile if missing')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Remove a key from a profile')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check every system of the file and try the selected one')
            [CompletionResult]::new('new-key', 'new-key', [CompletionResultType]::ParameterValue, 'Make a key for TOPUP_STATE_KEY, which encrypts shared logins')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;config;help;path' {
            break
        }
        'topup;config;help;list' {
            break
        }
        'topup;config;help;get' {
            break
        }
        'topup;config;help;set' {
            break
        }
        'topup;config;help;unset' {
            break
        }
        'topup;config;help;check' {
            break
        }
        'topup;config;help;new-key' {
            break
        }
        'topup;config;help;help' {
            break
        }
        'topup;explain' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;completions' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--install', '--install', [CompletionResultType]::ParameterName, 'Write the script where the shell of this user looks for it')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;man' {
            [CompletionResult]::new('--install', '--install', [CompletionResultType]::ParameterName, 'Write all pages below this folder [default: ~/.local/share/man]')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;schema' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--inline', '--inline', [CompletionResultType]::ParameterName, 'Write each definition where it is used, without references')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;generate' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Choose the billing system; ''topup explain systems'' lists them')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Choose a profile of the configuration')
            [CompletionResult]::new('--portal-url', '--portal-url', [CompletionResultType]::ParameterName, 'Use the system at this base URL')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print one value of the answer, bare, such as balance_usd; several times for several lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for each request [default: 15s to 30s]')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in sandbox: no account, no real money')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Answer with one JSON document, on failure too')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Print the portal link for this command and do nothing else')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Go ahead without asking')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress and no notes')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each request with secrets cut out')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Accept a plain http portal that is not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'topup;help' {
            [CompletionResult]::new('state', 'state', [CompletionResultType]::ParameterValue, 'Show balance, role, card, auto-reload and monthly limit')
            [CompletionResult]::new('buy', 'buy', [CompletionResultType]::ParameterValue, 'Buy credits: confirm, charge once, wait until it is settled')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show where a purchase stands')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Finish every open purchase, or find out what became of it')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List purchases and their outcomes, from the journal')
            [CompletionResult]::new('journal', 'journal', [CompletionResultType]::ParameterValue, 'Copy, move or accept the journal of purchases')
            [CompletionResult]::new('transactions', 'transactions', [CompletionResultType]::ParameterValue, 'List credits bought and used, as the system reports them')
            [CompletionResult]::new('auto-reload', 'auto-reload', [CompletionResultType]::ParameterValue, 'Show, set or switch off automatic purchases')
            [CompletionResult]::new('limit', 'limit', [CompletionResultType]::ParameterValue, 'Show the monthly limit and what is left of it')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Succeed only when enough credits are there')
            [CompletionResult]::new('ensure', 'ensure', [CompletionResultType]::ParameterValue, 'Buy only when the balance is low; safe to run from many jobs at once')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Watch a balance; run a command or send a notice when it falls')
            [CompletionResult]::new('metrics', 'metrics', [CompletionResultType]::ParameterValue, 'Print the balance of every profile for Prometheus')
            [CompletionResult]::new('team', 'team', [CompletionResultType]::ParameterValue, 'List the teams whose credits can be used; pin one to a project')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show the plan of the subscription, preview a change, change it')
            [CompletionResult]::new('ledger', 'ledger', [CompletionResultType]::ParameterValue, 'Keep a prepaid budget: check it, run paid commands, record costs')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in at the portal, or ask for permission to spend')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the login of this portal')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show who is logged in, where, and until when')
            [CompletionResult]::new('open', 'open', [CompletionResultType]::ParameterValue, 'Open a page of the portal, or print its link')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Run and control the built-in test portal')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong here, and the command that fixes it')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show and change the configuration')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain an exit code, a class or a topic')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script, or install it')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a page of the manual, or install all of them')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schemas of the answers')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write completions and manual pages')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'topup;help;state' {
            break
        }
        'topup;help;buy' {
            break
        }
        'topup;help;status' {
            break
        }
        'topup;help;resume' {
            break
        }
        'topup;help;history' {
            break
        }
        'topup;help;journal' {
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Copy the journal into a file, whole, while others use it')
            [CompletionResult]::new('accept', 'accept', [CompletionResultType]::ParameterValue, 'Confirm that you compared a restored journal with the portals')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Move the purchases and logins of this machine to the shared store')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Move the purchases of the shared store to the files of this machine')
            break
        }
        'topup;help;journal;backup' {
            break
        }
        'topup;help;journal;accept' {
            break
        }
        'topup;help;journal;import' {
            break
        }
        'topup;help;journal;export' {
            break
        }
        'topup;help;transactions' {
            break
        }
        'topup;help;auto-reload' {
            break
        }
        'topup;help;limit' {
            break
        }
        'topup;help;check' {
            break
        }
        'topup;help;ensure' {
            break
        }
        'topup;help;watch' {
            break
        }
        'topup;help;metrics' {
            break
        }
        'topup;help;team' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the teams with their tiers and credits')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show which team the project has pinned')
            [CompletionResult]::new('pin', 'pin', [CompletionResultType]::ParameterValue, 'Pin a paid team, which is billed for the project from then on')
            [CompletionResult]::new('unpin', 'unpin', [CompletionResultType]::ParameterValue, 'Remove the pin; the default rules choose the team again')
            break
        }
        'topup;help;team;list' {
            break
        }
        'topup;help;team;show' {
            break
        }
        'topup;help;team;pin' {
            break
        }
        'topup;help;team;unpin' {
            break
        }
        'topup;help;plan' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the plan in force, what is scheduled, and the plans there are')
            [CompletionResult]::new('preview', 'preview', [CompletionResultType]::ParameterValue, 'Show what a change to a plan would do and cost, and change nothing')
            [CompletionResult]::new('change', 'change', [CompletionResultType]::ParameterValue, 'Change to a smaller plan when the paid month ends; never charges')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'End the subscription with the month that is paid for')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Undo a scheduled change or cancellation')
            [CompletionResult]::new('upgrade', 'upgrade', [CompletionResultType]::ParameterValue, 'Change to a larger plan at once; the saved card is charged, once')
            break
        }
        'topup;help;plan;show' {
            break
        }
        'topup;help;plan;preview' {
            break
        }
        'topup;help;plan;change' {
            break
        }
        'topup;help;plan;cancel' {
            break
        }
        'topup;help;plan;resume' {
            break
        }
        'topup;help;plan;upgrade' {
            break
        }
        'topup;help;ledger' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Create a mandate or update its settings')
            [CompletionResult]::new('mandates', 'mandates', [CompletionResultType]::ParameterValue, 'List the mandates and their settings')
            [CompletionResult]::new('credit', 'credit', [CompletionResultType]::ParameterValue, 'Put money into an account')
            [CompletionResult]::new('reverse', 'reverse', [CompletionResultType]::ParameterValue, 'Book the opposite of a transaction, once')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Succeed only when the budget has room for this cost')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Check the budget, run a command, record what it cost')
            [CompletionResult]::new('record', 'record', [CompletionResultType]::ParameterValue, 'Record what a use cost')
            [CompletionResult]::new('price', 'price', [CompletionResultType]::ParameterValue, 'Show what a base price costs with the markup')
            [CompletionResult]::new('balance', 'balance', [CompletionResultType]::ParameterValue, 'Show what is left')
            [CompletionResult]::new('transactions', 'transactions', [CompletionResultType]::ParameterValue, 'List the transactions, newest first')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Sum up what was used')
            [CompletionResult]::new('allow', 'allow', [CompletionResultType]::ParameterValue, 'Allow a provider')
            [CompletionResult]::new('deny', 'deny', [CompletionResultType]::ParameterValue, 'Deny a provider')
            [CompletionResult]::new('providers', 'providers', [CompletionResultType]::ParameterValue, 'List the rules about providers')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the books as plain-text accounting')
            break
        }
        'topup;help;ledger;init' {
            break
        }
        'topup;help;ledger;mandates' {
            break
        }
        'topup;help;ledger;credit' {
            break
        }
        'topup;help;ledger;reverse' {
            break
        }
        'topup;help;ledger;check' {
            break
        }
        'topup;help;ledger;run' {
            break
        }
        'topup;help;ledger;record' {
            break
        }
        'topup;help;ledger;price' {
            break
        }
        'topup;help;ledger;balance' {
            break
        }
        'topup;help;ledger;transactions' {
            break
        }
        'topup;help;ledger;stats' {
            break
        }
        'topup;help;ledger;allow' {
            break
        }
        'topup;help;ledger;deny' {
            break
        }
        'topup;help;ledger;providers' {
            break
        }
        'topup;help;ledger;export' {
            break
        }
        'topup;help;login' {
            break
        }
        'topup;help;logout' {
            break
        }
        'topup;help;whoami' {
            break
        }
        'topup;help;open' {
            break
        }
        'topup;help;sandbox' {
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the portal until it is stopped')
            [CompletionResult]::new('reset', 'reset', [CompletionResultType]::ParameterValue, 'Delete everything and start with a new account')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change the account, such as balance=3.40 card=none clock=+25h')
            [CompletionResult]::new('spend', 'spend', [CompletionResultType]::ParameterValue, 'Use up credits, as paid services do')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke every session, or spending from every terminal')
            [CompletionResult]::new('faults', 'faults', [CompletionResultType]::ParameterValue, 'Break requests on purpose')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show every request received, without tokens')
            [CompletionResult]::new('charges', 'charges', [CompletionResultType]::ParameterValue, 'Show what was charged, for credits and for plans, newest first')
            break
        }
        'topup;help;sandbox;serve' {
            break
        }
        'topup;help;sandbox;reset' {
            break
        }
        'topup;help;sandbox;set' {
            break
        }
        'topup;help;sandbox;spend' {
            break
        }
        'topup;help;sandbox;revoke' {
            break
        }
        'topup;help;sandbox;faults' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a fault for a coming request')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the faults that are left')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Remove every fault')
            break
        }
        'topup;help;sandbox;faults;add' {
            break
        }
        'topup;help;sandbox;faults;list' {
            break
        }
        'topup;help;sandbox;faults;clear' {
            break
        }
        'topup;help;sandbox;log' {
            break
        }
        'topup;help;sandbox;charges' {
            break
        }
        'topup;help;doctor' {
            break
        }
        'topup;help;config' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the configuration is')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List every setting in force and where it comes from')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value in force, bare; nothing where none is set')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set a key of a profile; create the file and the profile if missing')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Remove a key from a profile')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check every system of the file and try the selected one')
            [CompletionResult]::new('new-key', 'new-key', [CompletionResultType]::ParameterValue, 'Make a key for TOPUP_STATE_KEY, which encrypts shared logins')
            break
        }
        'topup;help;config;path' {
            break
        }
        'topup;help;config;list' {
            break
        }
        'topup;help;config;get' {
            break
        }
        'topup;help;config;set' {
            break
        }
        'topup;help;config;unset' {
            break
        }
        'topup;help;config;check' {
            break
        }
        'topup;help;config;new-key' {
            break
        }
        'topup;help;explain' {
            break
        }
        'topup;help;completions' {
            break
        }
        'topup;help;man' {
            break
        }
        'topup;help;schema' {
            break
        }
        'topup;help;generate' {
            break
        }
        'topup;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
