/** What the shells load. Each asks `millrace __complete` what may stand next, and shows that; no name is evaluated by any of them. */

export type CompletionShell = 'bash' | 'zsh' | 'fish'

/** From bash 3.2 on, as macOS has it. https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
const bash = `# millrace completion bash: source <(millrace completion bash)
_millrace() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=() prefix line word i
  # Bash cuts words at : and = too.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if ((\${#words[@]} > 0)) && [[ "$word" == [:=] || "\${COMP_WORDS[i - 1]}" == [:=] ]]; then
      words[\${#words[@]} - 1]+="$word"
    else
      words+=("$word")
    fi
  done
  prefix="\${words[\${#words[@]} - 1]}"
  [[ "$current" == [:=] ]] && current=''
  prefix="\${prefix%"$current"}"
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files | :directories)
        compopt -o filenames 2> /dev/null || true
        local kind=-f
        [[ "$line" == :directories ]] && kind=-d
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$kind" -- "$current")
        ;;
      *)
        line="\${line%%$'\\t'*}"
        COMPREPLY+=("\${line#"$prefix"}")
        ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2> /dev/null)
}
complete -F _millrace millrace
`

/** https://zsh.sourceforge.io/Doc/Release/Completion-System.html */
const zsh = `#compdef millrace
# millrace completion zsh: source <(millrace completion zsh), after compinit; or as the file _millrace in a folder of $fpath
_millrace() {
  local -a values shown
  local line
  for line in "\${(@f)$("\${words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null)}"; do
    case $line in
      ('') ;;
      (:files) _files ;;
      (:directories) _files -/ ;;
      (*)
        values+=("\${line%%$'\\t'*}")
        shown+=("\${line/$'\\t'/  }")
        ;;
    esac
  done
  (( $#values )) && compadd -l -d shown -a values
}
if [[ "\${funcstack[1]}" == _millrace ]]; then
  _millrace "$@"
else
  compdef _millrace millrace
fi
`

/** https://fishshell.com/docs/current/completions.html */
const fish = `# millrace completion fish: millrace completion fish | source
function __millrace_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    for line in ($program __complete -- $words "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$current"
            case ':directories'
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c millrace -f -a '(__millrace_complete)'
`

export const completionScripts: { readonly [shell in CompletionShell]: string } = { bash, zsh, fish }
