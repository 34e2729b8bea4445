# Completion of topup for bash: topup itself is asked.
_topup() {
    local IFS=$'\n' words=("${COMP_WORDS[@]}")
    [[ $2 ]] && words[COMP_CWORD]=$2
    COMPREPLY=($(TOPUP_COMPLETE=bash TOPUP_COMPLETE_AT=$COMP_CWORD topup -- "${words[@]}" 2>/dev/null))
    if [[ ${COMPREPLY-} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o default -o nosort -F _topup topup 2>/dev/null ||
    complete -o bashdefault -o default -F _topup topup
