#!/usr/bin/env bash
# An installer's own screen around dbha: it reads the events of `dbha setup -o ndjson`, shows how far the set-up is,
# stops on findings with what to do about them, and ends with the proof. Needs bash and jq (1.5 or newer).
#
#   examples/installer.sh --primary db1 --secondary db2 --password-file /root/db.password
#
# All arguments are those of `dbha setup`; DBHA names the program where it is not in the PATH. Killed or interrupted, it
# is simply started again: dbha looks at both servers and goes on. The exit code is dbha's.
set -uo pipefail

dbha=${DBHA:-dbha}
for program in "$dbha" jq setsid; do
    command -v "$program" >/dev/null || { echo "installer: no $program here" >&2; exit 1; }
done
log=$(mktemp)

# What came in the way is told once, at the end; the words of dbha for people are kept for that case.
terminal=; [ -t 1 ] && terminal=1
line() { [ -z "$terminal" ] || printf '\r\e[K'; printf '%s\n' "$1"; }
passing() { [ -z "$terminal" ] || printf '\r\e[K%.*s' "${COLUMNS:-79}" "$1"; }
bar() {
    local full=$(($1 * 30 / 100)) filled rest
    printf -v filled '%*s' "$full" ''
    printf -v rest '%*s' $((30 - full)) ''
    bar="[${filled// /#}${rest// /.}]"
}

# An event becomes a line of fields that bash can split; every text is one line, and holds no control characters.
fields='
  def text: tostring | gsub("[[:cntrl:]]"; " ");
  def row: map(if . == null or . == "" then "-" else text end) | join("\u0001");
  if   .event == "found" then ["found", .finding.severity, .finding.code, .finding.text, .finding.fix] | row
  elif .event == "planned" then ["planned", ([.plan.steps[] | select(.check != "satisfied")] | length)] | row
  elif .event == "step_started" then ["started", .title] | row
  elif .event == "step_finished" and .outcome != "unchanged" then ["finished", .title, .took_ms] | row
  elif .event == "copying" then ["copying", .counts.phase, ((.counts.share_done // 0) * 100 | floor), .counts.rows_done,
                                 .counts.seconds_left] | row
  elif .event == "step_failed" then ["step_failed", .error, .fix] | row
  elif .event == "proved" then
    (.proof.markers[] | ["proof", "a marker from the \(.from) arrived after \(.milliseconds) ms"] | row),
    (.proof | select(.compared_at != null) |
      ["proof", "\(.tables) tables, \(.rows) rows: equal on both servers at \(.compared_at)"] | row)
  elif .event == "finished" then ["ended", .changed, .status.reason] | row
  elif .event == "failed" then ["failed", .error, .exit_code] | row
  else empty end'

screen() {
    local steps=0 step=0 kind a b c d bar
    while IFS=$'\001' read -r kind a b c d; do
        case $kind in
            found)
                [ "$a" = note ] || line "  $b $c"
                [ "$a" = note ] || [ "$d" = - ] || line "      -> $d"
                ;;
            planned)
                steps=$a
                if [ "$steps" -eq 0 ]; then line "Everything is as it should be already"; else line "$steps steps"; fi
                ;;
            started) step=$((step + 1)); passing "$step/$steps $a ..." ;;
            finished) line "  done: $a ($b ms)" ;;
            copying) bar "$b"; passing "$step/$steps $bar $b % $a, $c rows, ${d%.*} s left" ;;
            step_failed) line "  failed: $a"; [ "$b" = - ] || line "      -> $b" ;;
            proof) line "  proven: $a" ;;
            ended) if [ "$a" = true ]; then line "The pair stands: $b."; else line "Nothing had to be changed: $b."; fi ;;
            failed) line "Not finished: $a" ;;
        esac
    done
}

# dbha gets a session of its own, so that Ctrl-C reaches it once, through this script: the first signal lets it end in
# good order, a second one ends it at once. The screen stays until its last event.
exec 3< <(exec setsid "$dbha" setup "$@" --yes -o ndjson 2>"$log")
run=$!
trap 'kill -TERM "$run" 2>/dev/null' INT TERM HUP
jq --unbuffered -r "$fields" <&3 | screen &
shown=$!
# A signal ends a wait, and what was waited for goes on.
await() { while kill -0 "$1" 2>/dev/null; do wait "$1"; done; wait "$1"; }
await "$run"
code=$?
await "$shown"
exec 3<&-

case $code in
    0) ;;
    2) cat "$log" >&2 ;; # wrong arguments: there was no event at all
    3) line "Mend what is named above, and start this installer again." ;;
    *) line "Start this installer again: it goes on where it stopped." ;;
esac
rm -f "$log"
exit "$code"
