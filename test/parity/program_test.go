package parity

// The tests build the program themselves, which go test does not see: with this import a result that it has kept never
// belongs to another version of the program.
import _ "github.com/hawser-ingress/hawser/internal/cli"
