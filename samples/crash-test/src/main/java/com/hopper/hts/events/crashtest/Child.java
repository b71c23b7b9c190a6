/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.crashtest;

import java.lang.reflect.Method;
import java.util.Arrays;

/**
 * Runs the main method of another class, and ends when the process that has started this
 * one does, however that ends: a test that is killed leaves no processes behind. The
 * arguments are the id of that process, the class and its arguments.
 */
final class Child {

	private Child() {
	}

	@SuppressWarnings("FutureReturnValueIgnored") // Nothing comes after it
	public static void main(String[] args) throws ReflectiveOperationException {
		ProcessHandle parent = ProcessHandle.of(Long.parseLong(args[0])).orElse(null);
		if (parent == null) {
			return;
		}
		parent.onExit().thenRun(() -> Runtime.getRuntime().halt(1));
		Method main = Class.forName(args[1]).getDeclaredMethod("main", String[].class);
		main.setAccessible(true);
		main.invoke(null, (Object) Arrays.copyOfRange(args, 2, args.length));
	}

}
