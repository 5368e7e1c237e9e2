/**
 * What a shell has to know: only to ask "patchbay complete", which prints one candidate a line, its
 * description after a tab, or ":files". Words are passed on as they were typed and never evaluated:
 * pressing TAB must not run what stands on root's command line.
 */
const scripts = {
  bash: `# patchbay completion for bash; needs nothing else. For every session:
#   patchbay completion bash > /usr/share/bash-completion/completions/patchbay
_patchbay() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o default
            return
        fi
        COMPREPLY+=("\${line%%$'\\t'*}")
    done < <("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _patchbay patchbay
`,
  zsh: `#compdef patchbay
# patchbay completion for zsh. For every session:
#   patchbay completion zsh > /usr/local/share/zsh/site-functions/_patchbay
_patchbay() {
    local line value
    local -a candidates
    for line in "\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ $line == :files ]]; then
            _files
            return
        fi
        value=\${line%%$'\\t'*}
        [[ -n $value ]] && candidates+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
    done
    _describe patchbay candidates
}
if [[ $funcstack[1] == _patchbay ]]; then
    _patchbay "$@"
else
    compdef _patchbay patchbay
fi
`,
  fish: `# patchbay completion for fish. For every session:
#   patchbay completion fish > ~/.config/fish/completions/patchbay.fish
function __patchbay_complete
    set -l words (commandline -opc) "$(commandline -ct)"
    set -l lines ($words[1] complete -- $words[2..-1] 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$(commandline -ct)"
    else
        printf '%s\\n' $lines
    end
end
complete -c patchbay -f -a '(__patchbay_complete)'
`,
} as const;

export type Shell = keyof typeof scripts;

export const shells: readonly Shell[] = ["bash", "zsh", "fish"];

export function completionScript(shell: Shell): string {
  return scripts[shell];
}
