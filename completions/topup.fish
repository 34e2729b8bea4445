# Completion of topup for fish: topup itself is asked.
complete --command topup --no-files --keep-order --arguments '(TOPUP_COMPLETE=fish topup -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2>/dev/null)'
complete --command topup --force-files --condition 'contains -- -- (commandline --current-process --tokenize --cut-at-cursor)'
