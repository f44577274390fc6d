package cfg

import (
	"errors"
	"strings"
)

// CLIWord writes s as one word of a command on the runtime socket (management.txt 9.3), where a backslash takes the
// meaning of a blank, a semicolon, a backslash and the "<<" before a payload away. A line end can't be written at all.
func CLIWord(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("a word of a runtime command can't be empty")
	case strings.ContainsAny(s, "\r\n\x00"):
		return "", errors.New("a word of a runtime command can't hold line ends or NUL")
	}
	return cliEscapes.Replace(s), nil
}

var cliEscapes = strings.NewReplacer(`\`, `\\`, ` `, `\ `, "\t", "\\\t", `;`, `\;`, `<`, `\<`)
