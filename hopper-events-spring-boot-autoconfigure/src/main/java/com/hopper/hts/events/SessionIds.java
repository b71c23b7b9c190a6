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
package com.hopper.hts.events;

import org.jspecify.annotations.Nullable;

/**
 * Session ids in texts that people read: enough to recognise one, not enough to use it.
 */
final class SessionIds {

	private static final int SHOWN = 4;

	private SessionIds() {
	}

	static @Nullable String mask(@Nullable String sessionId) {
		if (sessionId == null) {
			return null;
		}
		int end = (sessionId.length() >= SHOWN * 3) ? SHOWN : 0;
		return sessionId.substring(0, end).replaceAll("[^\\x21-\\x7E]", "?") + "***";
	}

}
