# Names of test programs for checks that run some of them.
# SPDX-License-Identifier: Apache-2.0

# all_but FOLDER... -- NAME...: the programs of these folders of tests/, without those named, as dev/test takes them
all_but() {
    folders=
    while [ "$1" != -- ]; do
        folders="$folders $1"
        shift
    done
    shift
    for folder in $folders; do
        for file in "tests/$folder"/test_*.c; do
            name=$folder/$(basename "$file" .c)
            case " $* " in *" $name "*) ;; *) echo "$name\$" ;; esac
        done
    done
}
