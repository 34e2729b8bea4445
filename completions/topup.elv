
use builtin;
use str;

set edit:completion:arg-completer[topup] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'topup'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'topup'= {
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand state 'Show balance, role, card, auto-reload and monthly limit'
            cand buy 'Buy credits: confirm, charge once, wait until it is settled'
            cand status 'Show where a purchase stands'
            cand resume 'Finish, or find the truth about, every purchase that is not final'
            cand history 'Show the journal of purchases'
            cand auto-reload 'Show, set or switch off automatic purchases'
            cand limit 'Show the monthly limit and what is left of it'
            cand check 'Succeed only when enough credits are there'
            cand ensure 'Buy only when less is there; safe to run from many jobs at once'
            cand team 'List the teams whose credits can be used, and pin one to a project'
            cand login 'Log in at the portal, or ask for permission to spend'
            cand logout 'Forget the login of this portal'
            cand whoami 'Show who is logged in, where, and until when'
            cand open 'Open a page of the portal, or print its link'
            cand sandbox 'Serve, reset, change or break a portal of your own'
            cand explain 'Explain an exit code or class, or show the whole table'
            cand completions 'Print a completion script'
            cand schema 'Print the JSON Schemas of the answers'
            cand generate 'Write completions, manual pages and the table of the README'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'topup;state'= {
            cand --project 'Look at the project at this root, where projects choose what is billed'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --brief 'Print one line and succeed whatever happens, for the output of other commands'
            cand --all 'Look at every profile of the configuration, side by side'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;buy'= {
            cand --once 'Name this purchase: the same name never buys twice, on no machine'
            cand --once-since 'Say when the name can have been used first, as in 2026-11-20T12:00:00Z'
            cand --idempotency-key 'Send this idempotency key instead of one of our own'
            cand --max 'Refuse to buy for more than this'
            cand --wait 'Wait at most this long until it is settled'
            cand --poll 'Look at it this often'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --retry-declined 'Try again under the same name after the card was declined'
            cand --new 'Buy again even if a purchase of this amount is still open'
            cand --no-wait 'Return as soon as it is accepted'
            cand --dry-run 'Show what would be done and send nothing'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;status'= {
            cand --wait 'Wait until it is final, for 5 minutes or as long as given'
            cand --poll 'Look at it this often'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;resume'= {
            cand --mark 'Record what you found on the portal: charged=CHARGE_ID or not-charged'
            cand --wait 'Wait at most this long until it is settled'
            cand --poll 'Look at it this often'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --no-wait 'Return as soon as it is accepted'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;history'= {
            cand --limit 'Show at most this many purchases'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --csv 'Write comma-separated values with a heading'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;auto-reload'= {
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;limit'= {
            cand --require 'End with monthly_cap_exceeded when less than this is left, in dollars or credits'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;check'= {
            cand --at-least 'End with insufficient_balance when less than this is there, in dollars or credits'
            cand --project 'Look at the project at this root, where projects choose what is billed'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;ensure'= {
            cand --at-least 'Buy when fewer dollars than this are there'
            cand --buy 'Buy this much then'
            cand --to 'Buy up to this balance then'
            cand --once 'Name the purchase: the same name never buys twice, on no machine'
            cand --once-since 'Say when the name can have been used first, as in 2026-11-20T12:00:00Z'
            cand --max 'Refuse to buy for more than this'
            cand --wait 'Wait at most this long until it is settled'
            cand --poll 'Look at it this often'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --retry-declined 'Try again after the card was declined'
            cand --no-wait 'Return as soon as it is accepted'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;team'= {
            cand --project 'Act on the project at this root instead of the one around the working directory'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List the teams with their tiers and credits'
            cand show 'Show which team the project has pinned'
            cand pin 'Pin a paid team, which is billed for the project from then on'
            cand unpin 'Leave the choice of the team to the rules again'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'topup;team;list'= {
            cand --project 'Act on the project at this root instead of the one around the working directory'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;team;show'= {
            cand --project 'Act on the project at this root instead of the one around the working directory'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;team;pin'= {
            cand --project 'Act on the project at this root instead of the one around the working directory'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;team;unpin'= {
            cand --project 'Act on the project at this root instead of the one around the working directory'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;team;help'= {
            cand list 'List the teams with their tiers and credits'
            cand show 'Show which team the project has pinned'
            cand pin 'Pin a paid team, which is billed for the project from then on'
            cand unpin 'Leave the choice of the team to the rules again'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'topup;team;help;list'= {
        }
        &'topup;team;help;show'= {
        }
        &'topup;team;help;pin'= {
        }
        &'topup;team;help;unpin'= {
        }
        &'topup;team;help;help'= {
        }
        &'topup;login'= {
            cand --scope 'Ask for these scopes, with spaces between'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --step-up 'Ask for permission to spend, beside what the login may do already'
            cand --no-browser 'Print the link and open no browser'
            cand --no-wait 'Print the link and return; ''login --finish'' completes it'
            cand --finish 'Complete the login that --no-wait began'
            cand --token-stdin 'Read an access token from standard input instead'
            cand --approve 'Approve it as well: on the sandbox only'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;logout'= {
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;whoami'= {
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --offline 'Say what is known here, and ask the portal nothing'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;open'= {
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand serve 'Serve the portal until it is told to stop'
            cand reset 'Forget everything and begin a new account'
            cand set 'Change the account, such as balance=3.40 card=none clock=+25h'
            cand spend 'Use credits up, as paid services do'
            cand revoke 'Revoke every session, or spending from every terminal'
            cand faults 'Break requests on purpose'
            cand log 'Show every request that was seen, tokens cut out'
            cand charges 'Show the charges, newest first'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'topup;sandbox;serve'= {
            cand --listen 'Listen here; another address than this machine''s own is warned of'
            cand --ready-file 'Write one JSON line with the URL and tokens here once it answers'
            cand --settle-after 'Settle charges after this time'
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --auto-approve 'Approve every login as soon as it is asked for'
            cand --no-rate-limit 'Take any number of charges an hour'
            cand --ephemeral 'Forget everything when it stops'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;reset'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --newcomer 'Begin without permission to spend and without a card, as a newcomer does'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;set'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;spend'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;revoke'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;faults'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand add 'Add a fault that waits for its request'
            cand list 'Show the faults that still wait'
            cand clear 'Forget every fault'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'topup;sandbox;faults;add'= {
            cand --delay 'Do the work this much later'
            cand --status 'Answer with this HTTP status'
            cand --retry-after 'Say how many seconds to wait'
            cand --body 'Answer with the bytes of this file'
            cand --times 'How often it happens'
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --lose-response 'Do the work and close the connection without an answer'
            cand --drop-before 'Close the connection before any work'
            cand --truncate 'Do the work and send half of the answer'
            cand --html 'Answer with a web page of somebody else'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;faults;list'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;faults;clear'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;faults;help'= {
            cand add 'Add a fault that waits for its request'
            cand list 'Show the faults that still wait'
            cand clear 'Forget every fault'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'topup;sandbox;faults;help;add'= {
        }
        &'topup;sandbox;faults;help;list'= {
        }
        &'topup;sandbox;faults;help;clear'= {
        }
        &'topup;sandbox;faults;help;help'= {
        }
        &'topup;sandbox;log'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;charges'= {
            cand --state 'Use the state in this file instead of sandbox.db'
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;sandbox;help'= {
            cand serve 'Serve the portal until it is told to stop'
            cand reset 'Forget everything and begin a new account'
            cand set 'Change the account, such as balance=3.40 card=none clock=+25h'
            cand spend 'Use credits up, as paid services do'
            cand revoke 'Revoke every session, or spending from every terminal'
            cand faults 'Break requests on purpose'
            cand log 'Show every request that was seen, tokens cut out'
            cand charges 'Show the charges, newest first'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'topup;sandbox;help;serve'= {
        }
        &'topup;sandbox;help;reset'= {
        }
        &'topup;sandbox;help;set'= {
        }
        &'topup;sandbox;help;spend'= {
        }
        &'topup;sandbox;help;revoke'= {
        }
        &'topup;sandbox;help;faults'= {
            cand add 'Add a fault that waits for its request'
            cand list 'Show the faults that still wait'
            cand clear 'Forget every fault'
        }
        &'topup;sandbox;help;faults;add'= {
        }
        &'topup;sandbox;help;faults;list'= {
        }
        &'topup;sandbox;help;faults;clear'= {
        }
        &'topup;sandbox;help;log'= {
        }
        &'topup;sandbox;help;charges'= {
        }
        &'topup;sandbox;help;help'= {
        }
        &'topup;explain'= {
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;completions'= {
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;schema'= {
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;generate'= {
            cand --provider 'Choose the billing system'
            cand --profile 'Choose a profile of the configuration'
            cand --portal-url 'Talk to the system at this base URL'
            cand --get 'Print one value of the answer, bare, such as balance_usd'
            cand --color 'Say when to colour'
            cand --timeout 'Wait at most this long for one answer'
            cand --sandbox 'Use the portal inside this program: no account, no real money'
            cand --json 'Answer with one JSON document, on failure too'
            cand --link 'Print the portal link that belongs to the command and do nothing else'
            cand -y 'Go ahead without asking'
            cand --yes 'Go ahead without asking'
            cand --no-input 'Never ask anything'
            cand -q 'Show no progress and no notes'
            cand --quiet 'Show no progress and no notes'
            cand -v 'Show each request with secrets cut out'
            cand --verbose 'Show each request with secrets cut out'
            cand --insecure-http 'Accept a plain http portal that is not on this machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'topup;help'= {
            cand state 'Show balance, role, card, auto-reload and monthly limit'
            cand buy 'Buy credits: confirm, charge once, wait until it is settled'
            cand status 'Show where a purchase stands'
            cand resume 'Finish, or find the truth about, every purchase that is not final'
            cand history 'Show the journal of purchases'
            cand auto-reload 'Show, set or switch off automatic purchases'
            cand limit 'Show the monthly limit and what is left of it'
            cand check 'Succeed only when enough credits are there'
            cand ensure 'Buy only when less is there; safe to run from many jobs at once'
            cand team 'List the teams whose credits can be used, and pin one to a project'
            cand login 'Log in at the portal, or ask for permission to spend'
            cand logout 'Forget the login of this portal'
            cand whoami 'Show who is logged in, where, and until when'
            cand open 'Open a page of the portal, or print its link'
            cand sandbox 'Serve, reset, change or break a portal of your own'
            cand explain 'Explain an exit code or class, or show the whole table'
            cand completions 'Print a completion script'
            cand schema 'Print the JSON Schemas of the answers'
            cand generate 'Write completions, manual pages and the table of the README'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'topup;help;state'= {
        }
        &'topup;help;buy'= {
        }
        &'topup;help;status'= {
        }
        &'topup;help;resume'= {
        }
        &'topup;help;history'= {
        }
        &'topup;help;auto-reload'= {
        }
        &'topup;help;limit'= {
        }
        &'topup;help;check'= {
        }
        &'topup;help;ensure'= {
        }
        &'topup;help;team'= {
            cand list 'List the teams with their tiers and credits'
            cand show 'Show which team the project has pinned'
            cand pin 'Pin a paid team, which is billed for the project from then on'
            cand unpin 'Leave the choice of the team to the rules again'
        }
        &'topup;help;team;list'= {
        }
        &'topup;help;team;show'= {
        }
        &'topup;help;team;pin'= {
        }
        &'topup;help;team;unpin'= {
        }
        &'topup;help;login'= {
        }
        &'topup;help;logout'= {
        }
        &'topup;help;whoami'= {
        }
        &'topup;help;open'= {
        }
        &'topup;help;sandbox'= {
            cand serve 'Serve the portal until it is told to stop'
            cand reset 'Forget everything and begin a new account'
            cand set 'Change the account, such as balance=3.40 card=none clock=+25h'
            cand spend 'Use credits up, as paid services do'
            cand revoke 'Revoke every session, or spending from every terminal'
            cand faults 'Break requests on purpose'
            cand log 'Show every request that was seen, tokens cut out'
            cand charges 'Show the charges, newest first'
        }
        &'topup;help;sandbox;serve'= {
        }
        &'topup;help;sandbox;reset'= {
        }
        &'topup;help;sandbox;set'= {
        }
        &'topup;help;sandbox;spend'= {
        }
        &'topup;help;sandbox;revoke'= {
        }
        &'topup;help;sandbox;faults'= {
            cand add 'Add a fault that waits for its request'
            cand list 'Show the faults that still wait'
            cand clear 'Forget every fault'
        }
        &'topup;help;sandbox;faults;add'= {
        }
        &'topup;help;sandbox;faults;list'= {
        }
        &'topup;help;sandbox;faults;clear'= {
        }
        &'topup;help;sandbox;log'= {
        }
        &'topup;help;sandbox;charges'= {
        }
        &'topup;help;explain'= {
        }
        &'topup;help;completions'= {
        }
        &'topup;help;schema'= {
        }
        &'topup;help;generate'= {
        }
        &'topup;help;help'= {
        }
    ]
    $completions[$command]
}
