export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** What `arpcheck completion SHELL` prints. Where arpcheck has no word, the shell offers files. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_arpcheck() {
  local IFS=$'\\n'
  COMPREPLY=($(arpcheck --complete bash "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null))
}
complete -o bashdefault -o default -F _arpcheck arpcheck
`,
  zsh: `#compdef arpcheck
_arpcheck() {
  local -a found
  found=("\${(@f)$(arpcheck --complete zsh "\${(@)words[1,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found[1]" ]]; then
    _describe arpcheck found
  else
    _default
  fi
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then
  _arpcheck "$@"
else
  compdef _arpcheck arpcheck
fi
`,
  fish: `function __arpcheck_words
  set -l found (arpcheck --complete fish (commandline -opc) (commandline -ct) 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c arpcheck -f -a '(__arpcheck_words)'
`,
}
