#!/usr/bin/env bats
# The documents say what the command, the library and the tests do.
# SPDX-License-Identifier: Apache-2.0

load lib.bash

# The block of a Markdown file behind "```LANGUAGE", the first one.
block() {
    awk -v from="\`\`\`$1" '$0 == from { inside = 1; next } inside && /^```/ { exit } inside' "$2"
}

# The text of a manual page's source, with the parts that pages share.
page() {
    "$PROVAR_SOURCE/man/render" cat 0 "$PROVAR_SOURCE/man/$1.scd"
}

# Every command as it is typed, with the name of its page.
verbs() {
    provar --help | awk '/^  [a-z]/ { sub(/^  /, ""); sub(/  .*/, ""); print }'
}
page_of() {
    echo "provar-${1%% *}.1"
}

# The names of options in a verb's help, and in a page.
help_options() {
    # shellcheck disable=SC2086
    provar $1 --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--?[a-zA-Z][a-z-]*'
}
page_options() {
    page "$1" | grep -E '^\*-' | grep -oE '\*--?[a-zA-Z][a-z-]*\*' | tr -d '*'
}

# same WHAT DUE FOUND: two lists, whatever their order
same() {
    diff <(sort -u <<<"$2") <(sort -u <<<"$3") || refuse "$1 differs"
}

# Compiles a C program against the library of this build.
compile() {
    not_sanitized "what links without them"
    local flags
    flags=$(PKG_CONFIG_PATH=$PROVAR_BUILD/meson-uninstalled pkg-config --cflags --libs libprovar)
    # shellcheck disable=SC2086
    cc -Wall -Wextra -Werror -o "$1" "$1.c" $flags -Wl,-rpath,"$PROVAR_BUILD/lib"
}

make_archive() {
    provar keys gen account --destination issuer.nk >issuer
    provar keys gen service --destination subject.nk >subject
    printf '\0asm\015\0\001\0' >world.wasm
    echo '{"a": 1.10}' >schema.json
    provar -q create --name Docs --vendor Test --version 1 --revision 2 --issuer issuer.nk --subject subject.nk \
        --target "$PROVAR_BUILD/examples/example-provider" --capid test:docs --wit world.wasm --schema schema.json \
        --expires +1h --not-before +0s --destination docs.par "$@" >/dev/null
}

# ---------------------------------------------------------------- README

# What differs from run to run, and from build to build.
normalised() {
    sed -E 's/\b[A-Z2-7]{56}\b/KEY/g; s/\b[0-9A-F]{64}\b/HASH/g; s/\b[-0-9]{10}T[:0-9]{8}Z\b/TIME/g
        s/\b[0-9.]+ [KM]iB\b/SIZE/g; s/\b2\.[0-9]+ +\/lib/2.N \/lib/; s/ +/ /g'
}

# Types the commands of a console block, and shows what a terminal would.
replay() {
    local line command=
    while IFS= read -r line <&3; do
        [[ $line == '$ '* || -n $command ]] || continue
        printf '%s\n' "$line"
        [[ -n $command ]] || line=${line#'$ '}
        command+=$line$'\n'
        [[ $line != *\\ ]] || continue
        eval "$command" 2>&1
        command=
    done 3<"$1"
}

@test "README: the example prints what it says" {
    [[ $(uname -m) == x86_64 ]] || skip "the example is for x86_64"
    cp "$PROVAR_BUILD/examples/example-provider" greeter
    block console "$PROVAR_SOURCE/README.md" >example
    [[ $(grep -c '^\$ ' example) -ge 8 ]] || refuse "no example"
    replay example >transcript || true
    diff <(normalised <example) <(normalised <transcript)
}

@test "README and libprovar(3): the program compiles, and verifies" {
    block c "$PROVAR_SOURCE/README.md" >verify.c
    page libprovar.3 | awk '/^```/ { n++; next } n == 1' | sed 's/\\\\/\\/g' >page.c
    diff <(tr -d ' \t' <verify.c) <(tr -d ' \t' <page.c) || refuse "the page shows another program"
    compile verify
    make_archive
    expect 0 ./verify docs.par "$(<issuer)"
    stdout_is "verified: $(<subject)"
    expect 17 ./verify docs.par "$(provar keys gen account --destination other.nk)"
    stderr_like '^untrusted: signed by A'
}

@test "every link leads to a file, and every heading that is linked exists" {
    local file link target heading
    for file in README CHANGELOG SECURITY CONTRIBUTING "$PROVAR_SOURCE"/docs/*.md; do
        file=${file#"$PROVAR_SOURCE/"} file=${file%.md}
        while read -r link; do
            target=${link%%#*}
            [[ -z $target ]] || target=$(dirname "$PROVAR_SOURCE/$file")/$target
            target=${target:-$PROVAR_SOURCE/$file.md}
            [[ -e $target ]] || refuse "$file.md: no $link" || return 1
            [[ $link == *#* ]] || continue
            heading=${link#*#}
            grep -qixE "#+ ${heading//-/[ -]}" "$target" || refuse "$file.md: no heading $link" || return 1
        done < <(grep -oE '\]\([^)]+\)' "$PROVAR_SOURCE/$file.md" | grep -v '(https:' | sed 's/^](//; s/)$//')
    done
}

@test "every option that a document names exists" {
    local known name
    known=$(verbs | while read -r verb; do help_options "$verb"; done)
    # Of meson, pkg-config, dev/setup, and of provar before the verb.
    known+=$'\n--buildtype\n--cflags\n--libs\n--list\n--version\n--help'
    cd "$PROVAR_SOURCE"
    for name in $(grep -ohE -- '(^|[^-a-z])--[a-z][a-z-]*[a-z]' README.md CHANGELOG.md SECURITY.md docs/*.md man/*.scd \
        man/parts/*.scd | grep -oE -- '--[a-z-]+' | sort -u); do
        grep -qxe "$name" <<<"$known" || refuse "no verb has $name" || return 1
    done
}

# ---------------------------------------------------------------- manual pages

@test "every verb's page lists its options, and no others" {
    local verb
    while read -r verb; do
        [[ $verb == keys* ]] || same "$(page_of "$verb")" "$(help_options "$verb")" "$(page_options "$(page_of "$verb")")"
    done < <(verbs)
    same provar-keys.1 "$(verbs | grep '^keys' | while read -r verb; do help_options "$verb"; done)" \
        "$(page_options provar-keys.1)"
}

@test "provar(1) names every verb, every exit status and every variable" {
    local verb status variable
    page provar.1 >text
    while read -r verb; do
        grep -qF "*$verb*" text || refuse "provar.1 lacks the verb $verb" || return 1
    done < <(verbs)
    for status in $(sed -n 's/^ *STATUS_[A-Z_]* = \([0-9]*\),.*/\1/p' "$PROVAR_SOURCE/cli/exit_status.h"); do
        ((status >= 125)) || grep -qE "^\|  (.*, )?$status(,|\$)" text || refuse "provar.1 lacks status $status" || return 1
    done
    for variable in $(grep -ohE 'opt_env\("[A-Z_]+"\)' "$PROVAR_SOURCE"/cli/*.c | grep -oE '[A-Z_]{3,}'); do
        grep -qF "*$variable*" text || refuse "provar.1 lacks $variable" || return 1
    done
}

@test "scdoc takes the pages, and man shows them without a warning" {
    needs scdoc
    local source name
    for source in "$PROVAR_SOURCE"/man/*.scd; do
        name=$(basename "$source" .scd)
        expect 0 "$PROVAR_SOURCE/man/render" scdoc 0 "$source"
        stdout_has ".TH \"${name%.*}\" \"${name##*.}\""
        cp "$stdout_file" rendered
        command -v man >/dev/null || continue
        expect 0 man --warnings -l rendered
        stdout_any
    done
}

@test "the parts of pages are used, and one that is missing is noticed" {
    local part
    for part in "$PROVAR_SOURCE"/man/parts/*.scd; do
        part=$(basename "$part" .scd)
        grep -qx "@$part" "$PROVAR_SOURCE"/man/*.scd || refuse "no page uses $part" || return 1
        grep -qF "parts/$part.scd" "$PROVAR_SOURCE/man/meson.build" || refuse "meson.build lacks $part" || return 1
    done
    printf 'x(1)\n\n@nothing\n' >x.scd
    expect 1 "$PROVAR_SOURCE/man/render" cat 0 x.scd
    stderr_like '^x.scd: no .*/parts/nothing.scd$'
}

# ---------------------------------------------------------------- docs/

@test "ERRORS: every result's name and exit status" {
    cat >names.c <<'C'
#include <provar.h>
#include <stdio.h>
#include <string.h>
int main(void) {
    for (int i = 0; strcmp(provar_result_name(i), "unknown") != 0; i++)
        printf("%d %s\n", i, provar_result_name(i));
    return 0;
}
C
    compile names
    ./names | sort >names.list
    sed -nE 's/^ *(PROVAR_(OK|E_[A-Z_]+)) = ([0-9]+),?.*/\3 \1/p' "$PROVAR_SOURCE/include/provar.h" | sort >enums
    sed -nE 's/^ *(STATUS_[A-Z_]+) = ([0-9]+),.*/\1 \2/p' "$PROVAR_SOURCE/cli/exit_status.h" | sort >statuses
    sed -nE 's/^ *\[(PROVAR_[A-Z_]+)\] = (STATUS_[A-Z_]+),/\2 \1/p' "$PROVAR_SOURCE/cli/print.c" | sort | join - statuses |
        awk '{ print $2, $3 }' | sort >mapping
    join enums names.list | awk '{ print $2, $3 }' | sort | join - mapping | awk '{ print $2, $1, $3 }' >due
    [[ $(wc -l <due) -eq $(wc -l <enums) ]] || refuse "results without a name or status"
    same "the table" "$(<due)" \
        "$(sed -nE 's/^\| `([a-z-]+)` \| `(PROVAR_[A-Z_]+)` \| ([0-9]+) \|.*/\1 \2 \3/p' "$PROVAR_SOURCE/docs/ERRORS.md")"
    for status in 125 126 127 '128 \+ N'; do
        grep -qE "^\| $status \|" "$PROVAR_SOURCE/docs/ERRORS.md" || refuse "ERRORS.md lacks $status" || return 1
    done
}

# document COMMAND...: its document, wherever it goes, onto the heap of documents
document() {
    expect "${due:-0}" "$@"
    stdout_any
    stderr_any
    jq -e objects "$stdout_file" >>documents 2>/dev/null || jq -e objects "$stderr_file" >>documents || refuse "no document"
}

@test "JSON: every field of every document" {
    needs jq
    make_archive
    local issuer key
    issuer=$(<issuer)
    document provar inspect docs.par -o json
    document provar inspect docs.par -o json --jwt-only
    document provar check docs.par -o json
    document provar verify docs.par -o json --issuer "$issuer"
    printf '* %s\n' "$issuer" >rules
    document provar verify docs.par -o json --allowed-issuers rules
    document provar verify docs.par -o json --issuer "$issuer" --history h --record
    document provar verify docs.par -o json --issuer "$issuer" --target "$(uname -m)-linux"
    document provar extract docs.par -o json --issuer "$issuer" --destination out
    document provar create -o json --name N --vendor V --target out --issuer issuer.nk --subject subject.nk --destination new.par
    document provar insert new.par -o json --issuer issuer.nk --target riscv64-freebsd=schema.json
    document provar remove new.par -o json --issuer issuer.nk --target riscv64-freebsd
    document provar sign new.par -o json --issuer issuer.nk --expires +90d
    document provar keys gen user -o json
    document provar keys gen user -o json --destination user.nk
    document provar keys list -o json --directory .
    document provar keys get user -o json --directory .
    document provar keys public user.nk -o json
    document provar run docs.par -o json --issuer "$issuer" --host-data schema.json
    document provar completions bash -o json
    local documents=21
    if [[ -e $PROVAR_BUILD/store/libprovar-store.so ]]; then
        document provar push oci:s:a docs.par -o json --dry-run
        document provar push oci:s:a docs.par -o json
        document provar pull oci:s:a -o json --issuer "$issuer"
        document provar list oci:s -o json
        document provar copy oci:s:a oci:t -o json
        document provar verify oci:s:a -o json --issuer "$issuer"
        documents=27
    fi
    head -c 20000 docs.par >cut.par
    due=4 document provar check cut.par -o json
    python3 -c 'import sys; d = bytearray(open("docs.par", "rb").read()); d[-2000] ^= 1; open("bad.par", "wb").write(d)'
    due=6 document provar check bad.par -o json
    [[ $(jq -s length documents) -eq $documents ]] || refuse "documents are missing"
    for key in $(jq -r 'del(.schema.a?) | del(.manifest[]?) | paths | map(strings) | last' documents | sort -u); do
        grep -qF "| \`$key\` |" "$PROVAR_SOURCE/docs/JSON.md" || refuse "JSON.md lacks $key" || return 1
    done
}

# jq tests of types, by the words of docs/JSON.md.
typed() {
    jq -r --arg type "$2" 'type as $found | {text: "string", number: "number", flag: "boolean", list: "array",
        object: "object"} as $names | $type | split(" or ") | map($names[.] // .) | index($found) != null' <<<"$1"
}

@test "JSON: the fields of inspect, check and verify, their types, and that they are there" {
    needs jq
    make_archive
    local verb section field type when value
    for verb in inspect check; do
        provar "$verb" docs.par -o json >document
        section=$([[ $verb == inspect ]] && echo '## inspect' || echo '## check, verify')
        while IFS='|' read -r _ field type when _; do
            field=$(tr -d ' `' <<<"$field") type=$(sed 's/ of .*//; s/^ *//; s/ *$//' <<<"$type")
            value=$(jq -c "if has(\"$field\") then .$field else empty end" document)
            [[ -n $value || $when != ' always ' ]] || refuse "$verb lacks $field" || return 1
            [[ -z $value || $type == any || $(typed "$value" "$type") == true ]] || refuse "$verb: $field is no $type" || return 1
        done < <(awk -v from="$section" '$0 == from { inside = 1; next } /^## / || /^`/ { inside = 0 } inside && /^\| `/' \
            "$PROVAR_SOURCE/docs/JSON.md")
    done
}

@test "FORMAT: the limits are those of base/limits.h, and the test keys are a pair" {
    local seed public
    sed -nE 's/^#define (PV_MAX_[A-Z_]+) +\(?([0-9]+)( \* PV_([KMG])IB\))?$/\1 \2 \4iB/p' "$PROVAR_SOURCE/lib/base/limits.h" |
        sed 's/ iB$//' >due
    [[ $(wc -l <due) -eq $(grep -c '#define PV_MAX' "$PROVAR_SOURCE/lib/base/limits.h") ]] || refuse "a limit is not understood"
    same "the table" "$(<due)" \
        "$(sed -nE 's/^\| `(PV_MAX_[A-Z_]+)` \| ([0-9]+( [KMG]iB)?) \|.*/\1 \2/p' "$PROVAR_SOURCE/docs/FORMAT.md")"
    while read -r seed public; do
        expect 0 sh -c "printf %s $seed | provar keys public -"
        stdout_is "$public"
    done < <(sed -nE 's/^\| `(S[A-Z2-7]{57})` \| `([A-Z2-7]{56})` \|$/\1 \2/p' "$PROVAR_SOURCE/docs/FORMAT.md")
}

@test "FORMAT: every claim that is written is in the table" {
    needs jq
    make_archive
    local key
    for key in $(provar inspect docs.par --jwt-only | cut -d . -f 2 | tr -- '-_' '+/' | base64 -di 2>/dev/null |
        jq -r 'del(.wascap.config_schema.a) | del(.wascap.target_hashes[]) | paths | join(".")'); do
        grep -qF "| \`$key\` |" "$PROVAR_SOURCE/docs/FORMAT.md" || refuse "FORMAT.md lacks $key" || return 1
    done
}

# The page without what bench/run and bench/scaling wrote into it.
prose() {
    sed '/^<!-- begin [a-z]* -->$/,/^<!-- end [a-z]* -->$/{/^<!--/!d}' "$1"
}

@test "PERFORMANCE: what is not measured stands in bench/template.md too, of which the page is made anew" {
    diff <(prose "$PROVAR_SOURCE/docs/PERFORMANCE.md") <(prose "$PROVAR_SOURCE/bench/template.md")
    [[ $(prose "$PROVAR_SOURCE/bench/template.md" | grep -c '^<!--') -eq 4 ]] || refuse "no sections"
}

@test "ARCHITECTURE: the table is the one that dev/check layers enforces" {
    needs python3
    same "the table" "$(python3 - "$PROVAR_SOURCE/dev/checks/layers" <<'PYTHON'
import re, sys
source = open(sys.argv[1]).read()
stages = eval(re.search(r"^STAGES = (\{.*?^\})", source, re.MULTILINE | re.DOTALL)[1])
for stage, others in stages.items():
    print(stage, *sorted(others))
PYTHON
    )" "$(awk '/^\| stage / { inside = 1; next } inside && !/^\|/ { exit } inside && !/---/' "$PROVAR_SOURCE/docs/ARCHITECTURE.md" |
        while IFS='|' read -r _ stage others _; do
            # shellcheck disable=SC2086
            echo $stage $(tr ',' '\n' <<<"$others" | sort)
        done)"
}

@test "THREATS: every test that it names exists" {
    needs python3
    python3 - "$PROVAR_SOURCE" <<'PYTHON'
import pathlib, re, sys
root = pathlib.Path(sys.argv[1])
faults = []
count = 0
for line in (root / "docs/THREATS.md").read_text().splitlines():
    cells = line.split("|")
    if len(cells) != 5 or cells[3].strip() in {"shown by", "---", "must not be able to"} or "`" in cells[1][:1]:
        continue
    where = None
    for name in cells[3].split(";"):
        place = re.match(r"\s*((?:unit|api|store|cli|interop|corpus/\w+|fuzz)/\w+)(?:: (.*))?$", name.strip())
        where, name = (place[1], (place[2] or "").strip()) if place else (where, name.strip())
        if where is None:
            continue
        kind, rest = where.split("/", 1)
        files = {"unit": f"tests/{where}.c", "api": f"tests/{where}.c", "store": f"tests/{where}.c", "corpus": f"tests/{where}.py", "fuzz": f"fuzz/fuzz_{rest}.c"}
        source = root / files.get(kind, f"tests/{where}.bats")
        text = source.read_text() if source.is_file() else ""
        count += 1
        if kind == "corpus":
            found = text and all(re.search(rf"\(({row}),", text) for row in re.findall(r"[0-9]+", name))
        else:
            found = f"static void {name}(" in text or f'@test "{name}"' in text or (text and name == "")
        if not found:
            faults.append(f"{where}: {name}")
print("\n".join(faults), file=sys.stderr)
sys.exit(1 if faults or count < 40 else 0)
PYTHON
}
