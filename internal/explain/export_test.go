package explain

// What the tests of the package's outside share with those of its inside.
var (
	FreeAddr     = freeAddr
	StartHAProxy = startHAProxy
)
