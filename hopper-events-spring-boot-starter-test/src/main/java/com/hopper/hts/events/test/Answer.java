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
package com.hopper.hts.events.test;

import org.jspecify.annotations.Nullable;

/**
 * What the API answers to a request that it accepts.
 *
 * @param status the HTTP status
 * @param body the body, empty if there is none
 * @param eventType the type of the event that was accepted, or {@code null}
 * @param sessionId the session that the answer names in a header, or {@code null}
 */
record Answer(int status, String body, @Nullable String eventType, @Nullable String sessionId) {

	Answer(int status, String body, @Nullable String eventType) {
		this(status, body, eventType, null);
	}

}
