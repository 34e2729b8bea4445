# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_topup_global_optspecs
    string join \n provider= profile= portal-url= sandbox json get= link y/yes no-input q/quiet v/verbose color= timeout= insecure-http h/help V/version
end

function __fish_topup_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_topup_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_topup_using_subcommand
    set -l cmd (__fish_topup_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c topup -n "__fish_topup_needs_command" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_needs_command" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_needs_command" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_needs_command" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_needs_command" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_needs_command" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_needs_command" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_needs_command" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_needs_command" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_needs_command" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_needs_command" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_needs_command" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_needs_command" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_needs_command" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_needs_command" -s V -l version -d 'Print version'
complete -c topup -n "__fish_topup_needs_command" -f -a "state" -d 'Show balance, role, card, auto-reload and monthly limit'
complete -c topup -n "__fish_topup_needs_command" -f -a "buy" -d 'Buy credits: confirm, charge once, wait until it is settled'
complete -c topup -n "__fish_topup_needs_command" -f -a "status" -d 'Show where a purchase stands'
complete -c topup -n "__fish_topup_needs_command" -f -a "resume" -d 'Finish, or find the truth about, every purchase that is not final'
complete -c topup -n "__fish_topup_needs_command" -f -a "history" -d 'Show the journal of purchases'
complete -c topup -n "__fish_topup_needs_command" -f -a "transactions" -d 'List what came in and what was used, as the system tells it'
complete -c topup -n "__fish_topup_needs_command" -f -a "auto-reload" -d 'Show, set or switch off automatic purchases'
complete -c topup -n "__fish_topup_needs_command" -f -a "limit" -d 'Show the monthly limit and what is left of it'
complete -c topup -n "__fish_topup_needs_command" -f -a "check" -d 'Succeed only when enough credits are there'
complete -c topup -n "__fish_topup_needs_command" -f -a "ensure" -d 'Buy only when less is there; safe to run from many jobs at once'
complete -c topup -n "__fish_topup_needs_command" -f -a "watch" -d 'Keep an eye on a balance, and run a command or send a notice once each time it falls'
complete -c topup -n "__fish_topup_needs_command" -f -a "team" -d 'List the teams whose credits can be used, and pin one to a project'
complete -c topup -n "__fish_topup_needs_command" -f -a "ledger" -d 'Put a prepaid budget in front of paid commands: check, run, record, sum up'
complete -c topup -n "__fish_topup_needs_command" -f -a "login" -d 'Log in at the portal, or ask for permission to spend'
complete -c topup -n "__fish_topup_needs_command" -f -a "logout" -d 'Forget the login of this portal'
complete -c topup -n "__fish_topup_needs_command" -f -a "whoami" -d 'Show who is logged in, where, and until when'
complete -c topup -n "__fish_topup_needs_command" -f -a "open" -d 'Open a page of the portal, or print its link'
complete -c topup -n "__fish_topup_needs_command" -f -a "sandbox" -d 'Serve, reset, change or break a portal of your own'
complete -c topup -n "__fish_topup_needs_command" -f -a "explain" -d 'Explain an exit code or class, or show the whole table'
complete -c topup -n "__fish_topup_needs_command" -f -a "completions" -d 'Print a completion script'
complete -c topup -n "__fish_topup_needs_command" -f -a "schema" -d 'Print the JSON Schemas of the answers'
complete -c topup -n "__fish_topup_needs_command" -f -a "generate" -d 'Write completions, manual pages and the table of the README'
complete -c topup -n "__fish_topup_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c topup -n "__fish_topup_using_subcommand state" -l project -d 'Look at the project at this root, where projects choose what is billed' -r -F
complete -c topup -n "__fish_topup_using_subcommand state" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand state" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand state" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand state" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand state" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand state" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand state" -l brief -d 'Print one line and succeed whatever happens, for the output of other commands'
complete -c topup -n "__fish_topup_using_subcommand state" -l all -d 'Look at every profile of the configuration, side by side'
complete -c topup -n "__fish_topup_using_subcommand state" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand state" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand state" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand state" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand state" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand state" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand state" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand state" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand state" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand buy" -l once -d 'Name this purchase: the same name never buys twice, on no machine' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l once-since -d 'Say when the name can have been used first, as in 2026-11-20T12:00:00Z' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l idempotency-key -d 'Send this idempotency key instead of one of our own' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l max -d 'Refuse to buy for more than this' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l wait -d 'Wait at most this long until it is settled [default: 5m, and 1m for a person to pay]' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l poll -d 'Look at it this often' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l return-url -d 'Send the browser to this address once a person has paid there' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand buy" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand buy" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand buy" -l retry-declined -d 'Try again under the same name after the card was declined'
complete -c topup -n "__fish_topup_using_subcommand buy" -l new -d 'Buy again even if a purchase of this amount is still open'
complete -c topup -n "__fish_topup_using_subcommand buy" -l no-wait -d 'Return as soon as it is accepted'
complete -c topup -n "__fish_topup_using_subcommand buy" -l show-client-secret -d 'Tell the secret that confirms the payment, for another program to pay it'
complete -c topup -n "__fish_topup_using_subcommand buy" -l dry-run -d 'Show what would be done and send nothing'
complete -c topup -n "__fish_topup_using_subcommand buy" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand buy" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand buy" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand buy" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand buy" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand buy" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand buy" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand buy" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand buy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand status" -l wait -d 'Wait until it is final, for 5 minutes or as long as given' -r
complete -c topup -n "__fish_topup_using_subcommand status" -l poll -d 'Look at it this often' -r
complete -c topup -n "__fish_topup_using_subcommand status" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand status" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand status" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand status" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand status" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand status" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand status" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand status" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand status" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand status" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand status" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand status" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand status" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand status" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand resume" -l mark -d 'Record what you found on the portal: charged=CHARGE_ID or not-charged' -r
complete -c topup -n "__fish_topup_using_subcommand resume" -l wait -d 'Wait at most this long until it is settled [default: 5m, and 1m for a person to pay]' -r
complete -c topup -n "__fish_topup_using_subcommand resume" -l poll -d 'Look at it this often' -r
complete -c topup -n "__fish_topup_using_subcommand resume" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand resume" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand resume" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand resume" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand resume" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand resume" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand resume" -l no-wait -d 'Return as soon as it is accepted'
complete -c topup -n "__fish_topup_using_subcommand resume" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand resume" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand resume" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand resume" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand resume" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand resume" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand resume" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand resume" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand history" -l limit -d 'Show at most this many purchases' -r
complete -c topup -n "__fish_topup_using_subcommand history" -l since -d 'Leave out what was asked for before this day or time' -r
complete -c topup -n "__fish_topup_using_subcommand history" -l by -d 'Choose what each bar of the chart stands for' -r -f -a "day\t'A UTC day'
month\t'A UTC month'"
complete -c topup -n "__fish_topup_using_subcommand history" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand history" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand history" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand history" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand history" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand history" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand history" -l csv -d 'Write comma-separated values with a heading'
complete -c topup -n "__fish_topup_using_subcommand history" -l chart -d 'Show what was bought as a bar for each day or month, in UTC'
complete -c topup -n "__fish_topup_using_subcommand history" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand history" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand history" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand history" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand history" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand history" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand history" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand history" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand transactions" -l limit -d 'Show at most this many' -r
complete -c topup -n "__fish_topup_using_subcommand transactions" -l offset -d 'Leave out this many of the newest' -r
complete -c topup -n "__fish_topup_using_subcommand transactions" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand transactions" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand transactions" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand transactions" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand transactions" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand transactions" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand transactions" -l all -d 'Follow the list to its end'
complete -c topup -n "__fish_topup_using_subcommand transactions" -l csv -d 'Write comma-separated values with a heading'
complete -c topup -n "__fish_topup_using_subcommand transactions" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand transactions" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand transactions" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand transactions" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand transactions" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand transactions" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand transactions" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand transactions" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand transactions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand auto-reload" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand limit" -l require -d 'End with monthly_cap_exceeded when less than this is left, in dollars, credits or uses' -r
complete -c topup -n "__fish_topup_using_subcommand limit" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand limit" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand limit" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand limit" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand limit" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand limit" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand limit" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand limit" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand limit" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand limit" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand limit" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand limit" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand limit" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand limit" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand limit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand check" -l at-least -d 'End with insufficient_balance when less than this is there, in dollars, credits or uses' -r
complete -c topup -n "__fish_topup_using_subcommand check" -l project -d 'Look at the project at this root, where projects choose what is billed' -r -F
complete -c topup -n "__fish_topup_using_subcommand check" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand check" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand check" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand check" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand check" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand check" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand check" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand check" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand check" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand check" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand check" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand check" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand check" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand check" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ensure" -l at-least -d 'Buy when fewer dollars than this are there' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l buy -d 'Buy this much then' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l to -d 'Buy up to this balance then' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l once -d 'Name the purchase: the same name never buys twice, on no machine' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l once-since -d 'Say when the name can have been used first, as in 2026-11-20T12:00:00Z' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l max -d 'Refuse to buy for more than this' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l wait -d 'Wait at most this long until it is settled [default: 5m, and 1m for a person to pay]' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l poll -d 'Look at it this often' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ensure" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ensure" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ensure" -l retry-declined -d 'Try again after the card was declined'
complete -c topup -n "__fish_topup_using_subcommand ensure" -l no-wait -d 'Return as soon as it is accepted'
complete -c topup -n "__fish_topup_using_subcommand ensure" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ensure" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ensure" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ensure" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ensure" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ensure" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ensure" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ensure" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ensure" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand watch" -l below -d 'Tell it when less than this is there, in dollars, credits or uses' -r
complete -c topup -n "__fish_topup_using_subcommand watch" -l every -d 'Look this often' -r
complete -c topup -n "__fish_topup_using_subcommand watch" -l project -d 'Look at the project at this root, where projects choose what is billed' -r -F
complete -c topup -n "__fish_topup_using_subcommand watch" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand watch" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand watch" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand watch" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand watch" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand watch" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand watch" -l one-look -d 'Look once and end with 0, low or not: for cron and timers'
complete -c topup -n "__fish_topup_using_subcommand watch" -l notify -d 'Tell it by mail and webhook, as notices of the ledger are told'
complete -c topup -n "__fish_topup_using_subcommand watch" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand watch" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand watch" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand watch" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand watch" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand watch" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand watch" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand watch" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l project -d 'Act on the project at this root instead of the one around the working directory' -r -F
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -f -a "list" -d 'List the teams with their tiers and credits'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -f -a "show" -d 'Show which team the project has pinned'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -f -a "pin" -d 'Pin a paid team, which is billed for the project from then on'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -f -a "unpin" -d 'Leave the choice of the team to the rules again'
complete -c topup -n "__fish_topup_using_subcommand team; and not __fish_seen_subcommand_from list show pin unpin help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l project -d 'Act on the project at this root instead of the one around the working directory' -r -F
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l project -d 'Act on the project at this root instead of the one around the working directory' -r -F
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l project -d 'Act on the project at this root instead of the one around the working directory' -r -F
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from pin" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l project -d 'Act on the project at this root instead of the one around the working directory' -r -F
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from unpin" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the teams with their tiers and credits'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show which team the project has pinned'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from help" -f -a "pin" -d 'Pin a paid team, which is billed for the project from then on'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from help" -f -a "unpin" -d 'Leave the choice of the team to the rules again'
complete -c topup -n "__fish_topup_using_subcommand team; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "init" -d 'Make a mandate, or change what is given'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "mandates" -d 'List the mandates and their settings'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "credit" -d 'Put money into an account'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "check" -d 'Succeed only when the budget has room for this cost'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "run" -d 'Check the budget, run a command, record what it cost'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "record" -d 'Record what a use cost'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "price" -d 'Show what a base price costs with the markup'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "balance" -d 'Show what is left'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "transactions" -d 'List the transactions, newest first'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "stats" -d 'Sum up what was used'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "allow" -d 'Allow a provider'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "deny" -d 'Deny a provider'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "providers" -d 'List the rules about providers'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "export" -d 'Write the books as plain-text accounting'
complete -c topup -n "__fish_topup_using_subcommand ledger; and not __fish_seen_subcommand_from init mandates credit check run record price balance transactions stats allow deny providers export help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l model -d 'Say who pays, and from what; a new mandate needs it' -r -f -a "unlimited\t'Nothing is checked; what is used is still recorded'
prepay-user\t'Each user has an account of their own'
prepay-mandate\t'One pool for all'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l currency -d 'Count in this currency; CHF for a new mandate' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l markup -d 'Add this many percent to every base price; 50 for a new mandate' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l notify -d 'Tell this address when the pool is empty; several, a JSON array, or \'\' for nobody' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l cooldown -d 'Tell them once in this time; 1h for a new mandate' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l csv -d 'Write comma-separated values with a heading'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from mandates" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l reference -d 'Say why it comes in' -r -f -a "admin\t'Somebody said so'
payment\t'A card was charged'
system\t'A rule said so'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l description -d 'Say what it was' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l key -d 'Book it once under this key, however often it is asked for' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from credit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l estimate -d 'Name what it may cost, before the markup; recorded when the command does not say' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l for-provider -d 'Name who is paid, such as openai' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l workflow -d 'Name the workflow it belongs to' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l feature-code -d 'Name the feature it belongs to' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l feature-instance -d 'Name the instance of the feature' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l description -d 'Say what it was; without it \'AI usage: PROVIDER\'' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l strict -d 'Hold the estimate back while it runs, so that runs side by side never overdraw the account'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l for-provider -d 'Name who is paid, such as openai' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l workflow -d 'Name the workflow it belongs to' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l feature-code -d 'Name the feature it belongs to' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l feature-instance -d 'Name the instance of the feature' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l description -d 'Say what it was; without it \'AI usage: PROVIDER\'' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l key -d 'Record it once under this key, however often it is asked for' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from record" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from price" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l all -d 'Show every account, or every mandate\'s for one user'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l csv -d 'Write comma-separated values with a heading'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from balance" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l limit -d 'Show at most this many' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l since -d 'Show none from before this day or time' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l before -d 'Show what is older than the transaction with this id, such as the last one shown' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l csv -d 'Write comma-separated values with a heading'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from transactions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l by -d 'Say what to sum up by' -r -f -a "day\t'Each UTC day'
month\t'Each UTC month'
provider\t'Each provider that was paid'
user\t'Each user'
feature\t'Each feature'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l since -d 'Leave out what was used before this day or time' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l csv -d 'Write comma-separated values with a heading'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from allow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from deny" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l csv -d 'Write comma-separated values with a heading'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from providers" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l format -d 'Write in the format of this program' -r -f -a "hledger\t'hledger, and what reads its journals'
beancount\t'beancount'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l mandate -d 'Name the mandate; without it the profile\'s, else the only one there is' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l user -d 'Name the user who asks, uses or pays' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "init" -d 'Make a mandate, or change what is given'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "mandates" -d 'List the mandates and their settings'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "credit" -d 'Put money into an account'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "check" -d 'Succeed only when the budget has room for this cost'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "run" -d 'Check the budget, run a command, record what it cost'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "record" -d 'Record what a use cost'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "price" -d 'Show what a base price costs with the markup'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "balance" -d 'Show what is left'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "transactions" -d 'List the transactions, newest first'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "stats" -d 'Sum up what was used'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "allow" -d 'Allow a provider'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "deny" -d 'Deny a provider'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "providers" -d 'List the rules about providers'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write the books as plain-text accounting'
complete -c topup -n "__fish_topup_using_subcommand ledger; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c topup -n "__fish_topup_using_subcommand login" -l scope -d 'Ask for these scopes, with spaces between' -r
complete -c topup -n "__fish_topup_using_subcommand login" -l username -d 'Log in under this username, where a system takes a password; asked for when left out' -r
complete -c topup -n "__fish_topup_using_subcommand login" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand login" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand login" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand login" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand login" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand login" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand login" -l step-up -d 'Ask for permission to spend, beside what the login may do already'
complete -c topup -n "__fish_topup_using_subcommand login" -l hermes -d 'Use the login that Hermes has on this machine, where Hermes keeps it'
complete -c topup -n "__fish_topup_using_subcommand login" -l no-browser -d 'Print the link and open no browser'
complete -c topup -n "__fish_topup_using_subcommand login" -l no-wait -d 'Print the link and return; \'login --finish\' completes it'
complete -c topup -n "__fish_topup_using_subcommand login" -l finish -d 'Complete the login that --no-wait began'
complete -c topup -n "__fish_topup_using_subcommand login" -l token-stdin -d 'Read an access token from standard input instead'
complete -c topup -n "__fish_topup_using_subcommand login" -l password-stdin -d 'Read the password from standard input'
complete -c topup -n "__fish_topup_using_subcommand login" -l approve -d 'Approve it as well: on the sandbox only'
complete -c topup -n "__fish_topup_using_subcommand login" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand login" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand login" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand login" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand login" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand login" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand login" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand login" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand logout" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand logout" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand logout" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand logout" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand logout" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand logout" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand logout" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand logout" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand logout" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand logout" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand logout" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand logout" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand logout" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand logout" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand whoami" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand whoami" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand whoami" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand whoami" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand whoami" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand whoami" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand whoami" -l offline -d 'Say what is known here, and ask the portal nothing'
complete -c topup -n "__fish_topup_using_subcommand whoami" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand whoami" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand whoami" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand whoami" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand whoami" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand whoami" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand whoami" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand whoami" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand open" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand open" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand open" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand open" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand open" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand open" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand open" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand open" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand open" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand open" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand open" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand open" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand open" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand open" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l state -d 'Use the state in this file instead of sandbox.db' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -f -a "serve" -d 'Serve the portal until it is told to stop'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -f -a "reset" -d 'Forget everything and begin a new account'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -f -a "set" -d 'Change the account, such as balance=3.40 card=none clock=+25h'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -f -a "spend" -d 'Use credits up, as paid services do'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -f -a "revoke" -d 'Revoke every session, or spending from every terminal'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -f -a "faults" -d 'Break requests on purpose'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -f -a "log" -d 'Show every request that was seen, tokens cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -f -a "charges" -d 'Show the charges, newest first'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and not __fish_seen_subcommand_from serve reset set spend revoke faults log charges help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l listen -d 'Listen here; another address than this machine\'s own is warned of' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l ready-file -d 'Write one JSON line with the URL and tokens here once it answers' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l settle-after -d 'Settle charges after this time' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l state -d 'Use the state in this file instead of sandbox.db' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l auto-approve -d 'Approve every login as soon as it is asked for'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l no-rate-limit -d 'Take any number of charges an hour'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l ephemeral -d 'Forget everything when it stops'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l state -d 'Use the state in this file instead of sandbox.db' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l newcomer -d 'Begin without permission to spend and without a card, as a newcomer does'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l state -d 'Use the state in this file instead of sandbox.db' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l state -d 'Use the state in this file instead of sandbox.db' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from spend" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l state -d 'Use the state in this file instead of sandbox.db' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l state -d 'Use the state in this file instead of sandbox.db' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -f -a "add" -d 'Add a fault that waits for its request'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -f -a "list" -d 'Show the faults that still wait'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -f -a "clear" -d 'Forget every fault'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from faults" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l state -d 'Use the state in this file instead of sandbox.db' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l state -d 'Use the state in this file instead of sandbox.db' -r -F
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from charges" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "serve" -d 'Serve the portal until it is told to stop'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "reset" -d 'Forget everything and begin a new account'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change the account, such as balance=3.40 card=none clock=+25h'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "spend" -d 'Use credits up, as paid services do'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Revoke every session, or spending from every terminal'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "faults" -d 'Break requests on purpose'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "log" -d 'Show every request that was seen, tokens cut out'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "charges" -d 'Show the charges, newest first'
complete -c topup -n "__fish_topup_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c topup -n "__fish_topup_using_subcommand explain" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand explain" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand explain" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand explain" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand explain" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand explain" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand explain" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand explain" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand explain" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand explain" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand explain" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand explain" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand explain" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand explain" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand completions" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand completions" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand completions" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand completions" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand completions" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand completions" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand completions" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand completions" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand completions" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand completions" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand completions" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand completions" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand completions" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand completions" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand schema" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand schema" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand schema" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand schema" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand schema" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand schema" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand schema" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand schema" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand schema" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand schema" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand schema" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand schema" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand schema" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand schema" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand generate" -l provider -d 'Choose the billing system' -r -f -a "nous\t'Nous Portal terminal billing'
ciris\t'A CIRIS agent\'s billing proxy'
byterover\t'ByteRover team credits'
ledger\t'The embedded prepaid ledger'"
complete -c topup -n "__fish_topup_using_subcommand generate" -l profile -d 'Choose a profile of the configuration' -r
complete -c topup -n "__fish_topup_using_subcommand generate" -l portal-url -d 'Talk to the system at this base URL' -r
complete -c topup -n "__fish_topup_using_subcommand generate" -l get -d 'Print one value of the answer, bare, such as balance_usd' -r
complete -c topup -n "__fish_topup_using_subcommand generate" -l color -d 'Say when to colour' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c topup -n "__fish_topup_using_subcommand generate" -l timeout -d 'Wait at most this long for one answer' -r
complete -c topup -n "__fish_topup_using_subcommand generate" -l sandbox -d 'Use the portal inside this program: no account, no real money'
complete -c topup -n "__fish_topup_using_subcommand generate" -l json -d 'Answer with one JSON document, on failure too'
complete -c topup -n "__fish_topup_using_subcommand generate" -l link -d 'Print the portal link that belongs to the command and do nothing else'
complete -c topup -n "__fish_topup_using_subcommand generate" -s y -l yes -d 'Go ahead without asking'
complete -c topup -n "__fish_topup_using_subcommand generate" -l no-input -d 'Never ask anything'
complete -c topup -n "__fish_topup_using_subcommand generate" -s q -l quiet -d 'Show no progress and no notes'
complete -c topup -n "__fish_topup_using_subcommand generate" -s v -l verbose -d 'Show each request with secrets cut out'
complete -c topup -n "__fish_topup_using_subcommand generate" -l insecure-http -d 'Accept a plain http portal that is not on this machine'
complete -c topup -n "__fish_topup_using_subcommand generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "state" -d 'Show balance, role, card, auto-reload and monthly limit'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "buy" -d 'Buy credits: confirm, charge once, wait until it is settled'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "status" -d 'Show where a purchase stands'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "resume" -d 'Finish, or find the truth about, every purchase that is not final'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "history" -d 'Show the journal of purchases'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "transactions" -d 'List what came in and what was used, as the system tells it'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "auto-reload" -d 'Show, set or switch off automatic purchases'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "limit" -d 'Show the monthly limit and what is left of it'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "check" -d 'Succeed only when enough credits are there'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "ensure" -d 'Buy only when less is there; safe to run from many jobs at once'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "watch" -d 'Keep an eye on a balance, and run a command or send a notice once each time it falls'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "team" -d 'List the teams whose credits can be used, and pin one to a project'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "ledger" -d 'Put a prepaid budget in front of paid commands: check, run, record, sum up'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "login" -d 'Log in at the portal, or ask for permission to spend'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "logout" -d 'Forget the login of this portal'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "whoami" -d 'Show who is logged in, where, and until when'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "open" -d 'Open a page of the portal, or print its link'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "sandbox" -d 'Serve, reset, change or break a portal of your own'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "explain" -d 'Explain an exit code or class, or show the whole table'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "completions" -d 'Print a completion script'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "schema" -d 'Print the JSON Schemas of the answers'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "generate" -d 'Write completions, manual pages and the table of the README'
complete -c topup -n "__fish_topup_using_subcommand help; and not __fish_seen_subcommand_from state buy status resume history transactions auto-reload limit check ensure watch team ledger login logout whoami open sandbox explain completions schema generate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from team" -f -a "list" -d 'List the teams with their tiers and credits'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from team" -f -a "show" -d 'Show which team the project has pinned'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from team" -f -a "pin" -d 'Pin a paid team, which is billed for the project from then on'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from team" -f -a "unpin" -d 'Leave the choice of the team to the rules again'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "init" -d 'Make a mandate, or change what is given'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "mandates" -d 'List the mandates and their settings'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "credit" -d 'Put money into an account'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "check" -d 'Succeed only when the budget has room for this cost'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "run" -d 'Check the budget, run a command, record what it cost'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "record" -d 'Record what a use cost'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "price" -d 'Show what a base price costs with the markup'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "balance" -d 'Show what is left'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "transactions" -d 'List the transactions, newest first'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "stats" -d 'Sum up what was used'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "allow" -d 'Allow a provider'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "deny" -d 'Deny a provider'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "providers" -d 'List the rules about providers'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from ledger" -f -a "export" -d 'Write the books as plain-text accounting'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "serve" -d 'Serve the portal until it is told to stop'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "reset" -d 'Forget everything and begin a new account'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "set" -d 'Change the account, such as balance=3.40 card=none clock=+25h'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "spend" -d 'Use credits up, as paid services do'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "revoke" -d 'Revoke every session, or spending from every terminal'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "faults" -d 'Break requests on purpose'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "log" -d 'Show every request that was seen, tokens cut out'
complete -c topup -n "__fish_topup_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "charges" -d 'Show the charges, newest first'
