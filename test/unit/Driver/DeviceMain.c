/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The program around DeviceTest.cpp. It is in C so that the program is linked
 * as C programs are, without the C++ library.
 */
int runDeviceTest(void);

int main(void) { return runDeviceTest(); }
