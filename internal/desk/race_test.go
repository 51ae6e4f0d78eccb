//go:build race

package desk

const raceFactor = 4
