#include "go_asm.h"
#include "textflag.h"

// What every lane of 16 bits, or every byte, is combined with.
DATA folds<>+0(SB)/4, $const_fold
GLOBL folds<>(SB), RODATA|NOPTR, $4
DATA pairA<>+0(SB)/2, $const_mulA
GLOBL pairA<>(SB), RODATA|NOPTR, $2
DATA pairB<>+0(SB)/2, $const_mulB
GLOBL pairB<>(SB), RODATA|NOPTR, $2
DATA lowBits<>+0(SB)/2, $0x0003
GLOBL lowBits<>(SB), RODATA|NOPTR, $2
DATA highBits<>+0(SB)/2, $0x0700
GLOBL highBits<>(SB), RODATA|NOPTR, $2

// Added to the number of a bit for short literals: it is one of the upper four of
// the lower byte, and none of the upper byte.
DATA shorts<>+0(SB)/8, $0x8004800480048004
DATA shorts<>+8(SB)/8, $0x8004800480048004
DATA shorts<>+16(SB)/8, $0x8004800480048004
DATA shorts<>+24(SB)/8, $0x8004800480048004
GLOBL shorts<>(SB), RODATA|NOPTR, $32
DATA powers<>+0(SB)/8, $0x8040201008040201
GLOBL powers<>(SB), RODATA|NOPTR, $8

// FETCH4 loads the words of the table that the lanes of AX number, into four
// lanes of x. Single loads beat VPGATHERDD on the processors that make a gather of
// loads, and by far on those whose microcode guards it against leaks.
#define FETCH4(a, b, c, d, x) \
	MOVWLZX AX, BX;                   \
	SHRQ    $16, AX;                  \
	VPINSRW $a, (DI)(BX*2), x, x;     \
	MOVWLZX AX, BX;                   \
	SHRQ    $16, AX;                  \
	VPINSRW $b, (DI)(BX*2), x, x;     \
	MOVWLZX AX, BX;                   \
	SHRQ    $16, AX;                  \
	VPINSRW $c, (DI)(BX*2), x, x;     \
	MOVWLZX AX, BX;                   \
	VPINSRW $d, (DI)(BX*2), x, x

// FETCH loads eight words, by the lanes of numbers.
#define FETCH(numbers, x) \
	VPXOR   x, x, x;             \
	VMOVQ   numbers, AX;         \
	FETCH4(0, 1, 2, 3, x);       \
	VPEXTRQ $1, numbers, AX;     \
	FETCH4(4, 5, 6, 7, x)

// PLACE stores the offset of the lowest bit of the mask AX in the list, at entry i,
// and clears the bit.
#define PLACE(i) \
	TZCNTL AX, R10;              \
	ADDL   R9, R10;              \
	MOVB   R10, i(DX)(R8*1);     \
	BLSRL  AX, AX

// func siftAVX2(table *[tableSize]uint16, data *byte, offsets int, places *[chunk]uint8) int
//
// Blocks of 32 offsets: even ones in the lanes of one register, odd ones in those
// of another. The last block ends with the last offset, whatever of it was seen.
TEXT ·siftAVX2(SB), NOSPLIT, $0-40
	MOVQ         table+0(FP), DI
	MOVQ         data+8(FP), SI
	MOVQ         offsets+16(FP), CX
	MOVQ         places+24(FP), DX
	XORL         R8, R8            // places found
	XORL         R9, R9            // offset of the block
	MOVL         $-1, R13          // offsets of the block that count
	VPBROADCASTD folds<>(SB), Y15
	VPBROADCASTW pairA<>(SB), Y14
	VPBROADCASTW pairB<>(SB), Y13
	VPBROADCASTW lowBits<>(SB), Y12
	VPBROADCASTW highBits<>(SB), Y11
	VPBROADCASTQ powers<>(SB), Y10

block:
	// The bytes at each even offset and after it, in pairs, and one byte on.
	VPOR (SI), Y15, Y0
	VPOR 1(SI), Y15, Y1
	VPOR 2(SI), Y15, Y2
	VPOR 3(SI), Y15, Y3

	// Y4, Y5: hashTable at the even and at the odd offsets.
	VPMULLW Y14, Y0, Y4
	VPMULLW Y13, Y1, Y5
	VPADDW  Y5, Y4, Y4
	VPMULLW Y14, Y1, Y5
	VPMULLW Y13, Y2, Y6
	VPADDW  Y6, Y5, Y5

	// Y6, Y7: numbers of words. Y4, Y5: the bits to test in them for short literals.
	VPSRLW  $3, Y4, Y6
	VPSRLW  $3, Y5, Y7
	VPAND   Y12, Y4, Y4
	VPOR    shorts<>(SB), Y4, Y4
	VPSHUFB Y4, Y10, Y4
	VPAND   Y12, Y5, Y5
	VPOR    shorts<>(SB), Y5, Y5
	VPSHUFB Y5, Y10, Y5

	// Y8, Y9: the bits to test for long ones, by the fourth byte.
	VPSRLW  $11, Y2, Y8
	VPAND   Y12, Y8, Y8
	VPAND   Y11, Y2, Y2
	VPOR    Y2, Y8, Y8
	VPSHUFB Y8, Y10, Y8
	VPSRLW  $11, Y3, Y9
	VPAND   Y12, Y9, Y9
	VPAND   Y11, Y3, Y3
	VPOR    Y3, Y9, Y9
	VPSHUFB Y9, Y10, Y9

	FETCH(X6, X0)
	VEXTRACTI128 $1, Y6, X6
	FETCH(X6, X1)
	FETCH(X7, X2)
	VEXTRACTI128 $1, Y7, X7
	FETCH(X7, X3)
	VINSERTI128  $1, X1, Y0, Y0
	VINSERTI128  $1, X3, Y2, Y2

	// AX: a bit for each offset that passes, even and odd ones in order again.
	VPAND     Y8, Y0, Y1
	VPCMPEQW  Y8, Y1, Y1
	VPAND     Y4, Y0, Y0
	VPCMPEQW  Y4, Y0, Y0
	VPOR      Y1, Y0, Y0
	VPAND     Y9, Y2, Y3
	VPCMPEQW  Y9, Y3, Y3
	VPAND     Y5, Y2, Y2
	VPCMPEQW  Y5, Y2, Y2
	VPOR      Y3, Y2, Y2
	VPSRLW    $8, Y0, Y0
	VPSLLW    $8, Y2, Y2
	VPOR      Y2, Y0, Y0
	VPMOVMSKB Y0, AX
	ANDL      R13, AX

	// Most blocks have no more than three: they are stored without a branch,
	// and what is too much is written over by the next block.
	POPCNTL AX, R11
	PLACE(0)
	PLACE(1)
	PLACE(2)
	TESTL   AX, AX
	JNZ     more

next:
	ADDQ R11, R8
	ADDQ $const_blockSize, SI
	ADDL $const_blockSize, R9
	SUBQ $const_blockSize, CX
	JEQ  done
	CMPQ CX, $const_blockSize
	JGE  block

	// Step back, so that a whole block remains; its first offsets were seen.
	MOVL $const_blockSize, R12
	SUBL CX, R12
	SUBQ R12, SI
	SUBL R12, R9
	SHLXL R12, R13, R13
	MOVL $const_blockSize, CX
	JMP  block

done:
	VZEROUPPER
	MOVQ R8, ret+32(FP)
	RET

more:
	LEAQ 3(DX)(R8*1), R12

rest:
	TZCNTL AX, R10
	ADDL   R9, R10
	MOVB   R10, (R12)
	INCQ   R12
	BLSRL  AX, AX
	JNZ    rest
	JMP    next
