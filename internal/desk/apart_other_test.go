//go:build !unix

package desk

import "errors"

func childPart(string, string) error { return errors.ErrUnsupported }
