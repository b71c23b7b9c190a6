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
 * What has become of a stored event. Every stored event is in exactly one of these
 * states.
 *
 * @since 0.1.0
 */
public enum EventState {

	/**
	 * It waits for its first or next attempt, or is being sent.
	 */
	PENDING,

	/**
	 * The API has confirmed it.
	 */
	DELIVERED,

	/**
	 * It was given up and is kept until a person replays or discards it.
	 */
	DEAD,

	/**
	 * It was dropped for a {@link DiscardReason reason that has a name}.
	 */
	DISCARDED

}
