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
package com.hopper.hts.events.outbox;

/**
 * What a full memory outbox does with one more event. Whatever the policy, an
 * {@code offers_displayed} that waits is dropped before any other event is refused or
 * dropped.
 *
 * @since 0.1.0
 */
public enum OverflowPolicy {

	/**
	 * Refuse the new event.
	 */
	REJECT,

	/**
	 * Drop the oldest event that waits.
	 */
	DROP_OLDEST,

	/**
	 * Let the caller wait for space, and refuse the new event after a while.
	 */
	BLOCK

}
