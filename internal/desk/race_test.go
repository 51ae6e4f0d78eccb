//go:build race

package desk

const raceFactor = 3
